// The one time control: live, any moment, a span. All of it is in the address, so that a link shows the same.

import { html, nothing } from "./vendor/lit.js";
import { fromLocal, lengthText, localText } from "./format.js";
import { go, lengthOf, moment } from "./moment.js";
import { now } from "./now.js";
import { Part } from "./part.js";

const LENGTHS = { "30m": "30 min", "2h": "2 h", "8h": "8 h", "1d": "24 h", "7d": "7 days" };
const MS = { "30m": 1_800_000, "2h": 7_200_000, "8h": 28_800_000, "1d": 86_400_000, "7d": 604_800_000 };

class Time extends Part {
  static every = 1000;

  render() {
    const length = lengthOf();
    const chosen = Object.keys(MS).find((one) => MS[one] === length);
    const end = moment.isLive ? now.asOf : moment.to;
    return html`<div class="segments" role="group" aria-label="Time">
      <button type="button" aria-pressed=${moment.isLive} @click=${() => go({})}>Live</button>
      <button type="button" @click=${() => this.step(-1)} aria-label="${lengthText(length / 2)} earlier">◀</button>
      <button type="button" @click=${() => this.step(1)} ?disabled=${moment.isLive}
        aria-label="${lengthText(length / 2)} later">▶</button></div>
      <label>show <select @change=${this.lengthen}>${Object.entries(LENGTHS).map(([id, name]) =>
        html`<option value=${id} ?selected=${id === chosen}>${name}</option>`)}${chosen ? nothing
        : html`<option selected value="">${lengthText(length)}</option>`}</select></label>
      <label>up to <input id="moment" autocomplete="off" spellcheck="false" .value=${this.isEdited
        ? this.edited : end ? localText(end).replace("T", " ") : ""} @focus=${this.edit} @input=${this.edit} @blur=${this.leaveField}
        @keydown=${(event) => event.key === "Enter" && this.jump()}></label>
      ${this.isEdited || !moment.isLive ? html`<button type="button" class="plain go" @click=${this.jump}
        @pointerdown=${(event) => event.preventDefault()}>Go there</button>` : nothing}
      ${moment.isLive ? nothing : html`<button type="button" class="back" @click=${() => go({})}>Back to live</button>`}`;
  }

  edit({ target, type }) {
    this.isEdited = true;
    this.wasTyped = type === "input";
    this.edited = target.value;
    this.requestUpdate();
  }

  leaveField() {
    this.isEdited = this.wasTyped;
    this.requestUpdate();
  }

  jump() {
    const to = fromLocal(this.edited?.trim().replace(" ", "T") ?? localText(moment.to));
    const field = this.querySelector("#moment");
    field.setCustomValidity(Number.isFinite(to) ? "" : "write it like 2026-11-28 03:42:00");
    if (!field.reportValidity()) return;
    if (to >= (now.asOf ?? Date.now())) go({});
    else go(this.spanTo(to, lengthOf()));
  }

  step(direction) {
    const length = lengthOf();
    const to = (moment.isLive ? now.asOf ?? Date.now() : moment.to) + (direction * length) / 2;
    if (to >= Date.now()) go({});
    else go(this.spanTo(to, length));
  }

  lengthen({ target }) {
    if (!target.value) return;
    if (moment.isLive) go(target.value === "2h" ? {} : { from: `now-${target.value}` });
    else go(this.spanTo(moment.to, MS[target.value]));
  }

  /** A moment where the usual span shows, a span of its own otherwise. */
  spanTo(to, length) {
    return length === MS["2h"] ? { at: Math.round(to) } : { from: Math.round(to - length), to: Math.round(to) };
  }
}
customElements.define("lt-time", Time);
