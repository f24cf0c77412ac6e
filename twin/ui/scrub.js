// The slider of an incident: any moment of its span, and ▶ that lets the span pass. The address says where it stands.

import { html, nothing } from "./vendor/lit.js";
import { clockText } from "./format.js";
import { known } from "./known.js";
import { go, moment } from "./moment.js";
import { Part } from "./part.js";

const STEPS = 240;
const SHOWN = 60;
const PAUSE_MS = 1500;
const PLAYS = "incident-plays";

class Scrub extends Part {
  start() {
    if (!known?.incident) return;
    [this.from, this.to] = ["from", "to"].map((name) => Date.parse(known.incident[name]));
    this.at = moment.isLive ? this.to : Math.min(Math.max(moment.to, this.from), this.to);
    this.plays = sessionStorage.getItem(PLAYS) === "yes" && this.at < this.to;
    if (this.plays) this.next = setTimeout(() => this.show(this.at + (this.to - this.from) / SHOWN), PAUSE_MS);
    else sessionStorage.removeItem(PLAYS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.next);
  }

  render() {
    if (!known?.incident) return nothing;
    const step = (this.to - this.from) / STEPS;
    return html`<strong>Incident</strong>
      <button type="button" aria-pressed=${this.plays} aria-label=${this.plays ? "Stop" : "Play"}
        @click=${this.play}>${this.plays ? "❚❚" : "▶"}</button>
      <time>${clockText(this.from)}</time>
      <input type="range" aria-label="Moment of the incident" min=${this.from + step} max=${this.to} step="1"
        .value=${String(Math.round(this.at))} aria-valuetext=${clockText(this.at)} @input=${this.drag}
        @change=${({ target }) => this.show(Number(target.value))}>
      <time>${clockText(this.to)}</time> <output>${clockText(this.at)}</output>`;
  }

  drag({ target }) {
    this.stop();
    this.at = Number(target.value);
    this.requestUpdate();
  }

  play() {
    if (this.plays) {
      this.stop();
      this.requestUpdate();
      return;
    }
    sessionStorage.setItem(PLAYS, "yes");
    this.show(this.at < this.to ? this.at + (this.to - this.from) / SHOWN : this.from + (this.to - this.from) / SHOWN);
  }

  stop() {
    clearTimeout(this.next);
    this.plays = false;
    sessionStorage.removeItem(PLAYS);
  }

  /** This page at another moment: what was since the beginning of the incident, and what held then. */
  show(at) {
    const to = Math.min(Math.max(Math.round(at), Math.round(this.from) + 1000), Math.round(this.to));
    go({ from: Math.round(this.from), to });
  }
}
customElements.define("lt-scrub", Scrub);
