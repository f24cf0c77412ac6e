// <lt-stops>: the last stops of a machine.

import { html, nothing } from "./vendor/lit.js";
import { get } from "./api.js";
import { clockText, lengthText } from "./format.js";
import { can } from "./known.js";
import { spanQuery } from "./moment.js";
import { Part } from "./part.js";
import { icon, look } from "./states.js";

const MOST = 12;
const RUNNING = new Set(["running", "changeover"]);

class Stops extends Part {
  static properties = { asset: {} };
  static every = 60_000;

  start() {
    this.stops = null;
    this.poll(async () => {
      this.stops = (can("stops") ? await this.ofStops() : await this.ofStates()).slice(0, MOST);
    }, 10_000);
  }

  async ofStops() {
    const { stops } = await get("/stops", { asset: this.asset, micro: "1", ...spanQuery() });
    return stops.map((one) => ({ ...one, ms: one.duration_s * 1000 })).sort(newestFirst);
  }

  /** Without stops of its own the twin still knows the states. */
  async ofStates() {
    const { states, as_of } = await get("/states", { asset: this.asset, ...spanQuery() });
    return states.filter((one) => !RUNNING.has(one.state))
      .map((one) => ({ ...one, ms: Date.parse(one.to ?? as_of) - Date.parse(one.from) })).sort(newestFirst);
  }

  render() {
    return html`<section class="card" aria-labelledby="stops-title"><div class="head"><h2 id="stops-title">Last stops</h2></div>
      ${this.stops?.length ? html`<table><thead><tr><th scope="col">From</th><th scope="col">State</th><th scope="col"
        class="number">Length</th></tr></thead><tbody>${this.stops.map((one) => html`<tr data-state=${one.state}><th
        scope="row">${clockText(Date.parse(one.from))}</th><td class="stop-state">${icon(one.state)} ${look(one.state).word}${
        one.micro ? html` <span class="quiet">micro</span>` : nothing}</td><td class="number">${lengthText(one.ms)}${one.to
        ? nothing : html` <span class="quiet">so far</span>`}</td></tr>`)}</tbody></table>`
      : html`<p class="quiet">${this.stops ? "None in this span." : ""}</p>`}</section>`;
  }
}
customElements.define("lt-stops", Stops);

const newestFirst = (a, b) => (a.from < b.from ? 1 : -1);
