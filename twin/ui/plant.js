// <lt-plant>: the overview. Each line is a tile; a plant of one line shows the line itself below.

import { html } from "./vendor/lit.js";
import { lines } from "./known.js";
import { href } from "./moment.js";
import { Part } from "./part.js";
import "./history.js";
import "./mimic.js";
import "./news.js";
import "./tile.js";
import "./trends.js";

class Plant extends Part {
  shouldUpdate() {
    return !this.hasUpdated;
  }

  render() {
    if (!lines.length) return html`<section class="card"><p class="quiet">The plant file has no lines yet, so there are tags but
      no machines; the tutorial says how to make it a line (docs/tutorial.md, 6).</p></section><lt-trends></lt-trends>
      <lt-news></lt-news>`;
    if (lines.length === 1) return one(lines[0]);
    return html`<div class="tiles">${lines.map((line) => html`<div class="tile-row"><h2><a href=${href(`/line/${line.path}`)}>
      ${line.display}</a></h2><lt-tile asset=${line.path}></lt-tile></div>`)}</div><lt-news class="card"></lt-news>`;
  }
}
customElements.define("lt-plant", Plant);

const one = ({ path }) => html`<lt-tile asset=${path}></lt-tile><lt-mimic asset=${path}></lt-mimic>
  <lt-break></lt-break><lt-history asset=${path}></lt-history><lt-news></lt-news>`;
