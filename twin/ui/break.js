// <lt-break>: in a demo only: break something, and read what one will see.

import { html, nothing } from "./vendor/lit.js";
import { get, isAway, post } from "./api.js";
import { can } from "./known.js";
import { moment } from "./moment.js";
import { Part } from "./part.js";

const NAMES = { jam: "Jam the", bearing: "Damage a bearing of the", cable: "Pull the cable to" };

class Break extends Part {
  static every = 60_000;

  start() {
    this.what = [];
    if (can("demo") && moment.isLive) {
      get("/demo").then(({ what }) => {
        this.what = what;
        this.requestUpdate();
      }, () => {});
    }
  }

  render() {
    if (!this.what.length) return nothing;
    return html`<section class="card break" aria-labelledby="break-title"><div class="head"><h2 id="break-title">Break something</h2>
      <span class="quiet">This line is simulated; everything mends itself.</span></div>
      <div class="buttons">${this.what.map((one) => html`<button type="button" data-break=${one.id} title=${one.text}
        ?disabled=${this.busy} @click=${() => this.act(one)}>${nameOf(one.id)}</button>`)}</div>
      <p class="told" role="status">${this.told ?? ""}</p></section>`;
  }

  async act(one) {
    this.busy = true;
    this.requestUpdate();
    try {
      this.told = (await post("/demo/break", { what: one.id })).text;
    } catch (error) {
      if (!isAway(error)) throw error;
      this.told = error.message;
    }
    this.busy = false;
    this.requestUpdate();
  }
}
customElements.define("lt-break", Break);

/** `filler.jam` is "Jam the filler", `cable:s7` "Pull the cable to s7". */
function nameOf(id) {
  const [what, where] = id.includes(":") && id.startsWith("cable") ? id.split(":") : id.split(".").reverse();
  return `${NAMES[what.split(":")[0]] ?? what} ${where}`;
}
