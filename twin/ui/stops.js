// <lt-stops>: the last stops of a machine, and what people say of them.

import { html, nothing } from "./vendor/lit.js";
import { get, isAway, post } from "./api.js";
import { clockText, lengthText } from "./format.js";
import { can, mayOperate } from "./known.js";
import { moment, spanQuery } from "./moment.js";
import { Part } from "./part.js";
import { icon, look } from "./states.js";

const MOST = 12;
const RUNNING = new Set(["running", "changeover"]);

class Stops extends Part {
  static properties = { asset: {} };
  static every = 60_000;

  start() {
    Object.assign(this, { stops: null, orphans: [], reasons: [], naming: null, told: "" });
    this.again = this.poll(async () => {
      this.stops = can("stops") ? await this.ofStops() : await this.ofStates();
      this.orphans = can("stops") ? await this.orphaned() : [];
      this.reasons = [...new Set(this.stops.flatMap((one) => one.labels ?? []).map((one) => one.reason).filter(Boolean))];
      this.stops = this.stops.slice(0, MOST);
    }, 10_000);
  }

  async ofStops() {
    const { stops } = await get("/stops", { asset: this.asset, micro: "1", ...spanQuery() });
    return stops.map((one) => ({ ...one, ms: one.duration_s * 1000 })).sort(newestFirst);
  }

  /** Labels whose stop late data took away. */
  async orphaned() {
    const { notes } = await get("/notes", { asset: this.asset, orphaned: "1", ...spanQuery(), limit: MOST });
    return notes.filter((one) => one.kind === "label");
  }

  /** Without stops of its own the twin still knows the states. */
  async ofStates() {
    const { states, as_of } = await get("/states", { asset: this.asset, ...spanQuery() });
    return states.filter((one) => !RUNNING.has(one.state))
      .map((one) => ({ ...one, ms: Date.parse(one.to ?? as_of) - Date.parse(one.from) })).sort(newestFirst);
  }

  render() {
    return html`<section class="card" aria-labelledby="stops-title"><div class="head"><h2 id="stops-title">Last stops</h2></div>
      ${this.stops?.length ? html`<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">From</th><th
        scope="col">State</th><th scope="col" class="number">Length</th><th scope="col">Why</th></tr></thead>
        <tbody>${this.stops.map((one) => this.row(one))}</tbody></table></div>`
      : html`<p class="quiet">${this.stops ? "None in this span." : ""}</p>`}
      ${this.orphans?.length ? html`<h3>Labels whose stop is gone</h3><ul class="orphans">${this.orphans.map((one) => html`<li
        data-orphan=${one.about}>${clockText(Date.parse(one.about.split("@").at(-1)))} ${saidText(one)} <span class="quiet">${
        one.who}</span></li>`)}</ul>` : nothing}
      <datalist id="stop-reasons">${(this.reasons ?? []).map((one) => html`<option value=${one}></option>`)}</datalist>
      <p class="told" role="status">${this.told}</p></section>`;
  }

  row(one) {
    return html`<tr data-state=${one.state} data-stop=${one.id ?? ""}><th scope="row">${clockText(Date.parse(one.from))}</th>
      <td class="stop-state">${icon(one.state)} ${look(one.state).word}${one.micro ? html` <span
      class="quiet">micro</span>` : nothing}</td><td class="number">${lengthText(one.ms)}${one.to ? nothing
      : html` <span class="quiet">so far</span>`}</td><td class="stop-label">${this.label(one)}</td></tr>`;
  }

  label(one) {
    if (!one.labels) return nothing;
    const [said] = one.labels;
    if (this.naming === one.id) return this.form(one, said);
    const shown = said ? html`<span data-label title="${said.who}, ${clockText(Date.parse(said.said))}">${saidText(said)}</span> `
      : nothing;
    if (!mayOperate || !moment.isLive) return shown;
    return html`${shown}<button type="button" class="small" @click=${() => this.name(one.id)}>${said ? "Change" : "Say why"}</button>`;
  }

  form(one, said) {
    const send = (event) => {
      event.preventDefault();
      const { reason, text } = event.target.elements;
      this.send(one, { reason: reason.value, text: text.value });
    };
    return html`<form @submit=${send} @keydown=${(event) => event.key === "Escape" && this.name(null)}>
      <label><span class="unseen">Reason</span><input name="reason" maxlength="100" list="stop-reasons" placeholder="reason"
      .value=${said?.reason ?? ""}></label> <label><span class="unseen">In words</span><input name="text" maxlength="500"
      placeholder="in words, may stay empty" .value=${said?.text ?? ""}></label> <button type="submit">Save</button></form>`;
  }

  name(id) {
    this.naming = id;
    this.requestUpdate();
    this.updateComplete.then(() => this.querySelector("[name=reason]")?.focus());
  }

  async send(one, said) {
    try {
      const answer = await post(`/stops/${encodeURIComponent(one.id)}/label`, said);
      this.stops = this.stops.map((old) => (old.id === one.id ? { ...old, labels: answer.labels } : old));
      this.told = "Saved.";
      this.name(null);
      this.again();
    } catch (error) {
      if (!isAway(error)) throw error;
      this.told = error.message;
      this.requestUpdate();
    }
  }
}
customElements.define("lt-stops", Stops);

const newestFirst = (a, b) => (a.from < b.from ? 1 : -1);
const saidText = ({ reason, text }) => [reason, text].filter(Boolean).join(": ");
