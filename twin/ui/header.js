// The frame of every page: the link to the twin and its time, what must be said at the top, the theme, open alarms.

import { html, nothing } from "./vendor/lit.js";
import { clockText, dayText, zone } from "./format.js";
import { can } from "./known.js";
import { moment } from "./moment.js";
import { now } from "./now.js";
import { Part } from "./part.js";

const SAID = { waiting: "connecting", live: "live", stale: "no data since", past: "as it was at" };

/** Which edition of the plant model counted then. */
const modelText = (model) => (!model ? "" : model.many === 1 ? " One plant model, ever since."
  : ` Plant model ${model.number} of ${model.many}, which counts since ${dayText(Date.parse(model.since))} ${
    clockText(Date.parse(model.since))}${model.why && ` (${model.why})`}${model.number < model.many ? "; today it is another one" : ""}.`);

class Link extends Part {
  render() {
    return html`<span class="mark" aria-hidden="true"></span><span id="link">${SAID[now.link]}</span>
      <time id="as-of">${now.asOf === null ? "" : clockText(now.asOf)}</time> <span id="zone">${zone}</span>`;
  }
}
customElements.define("lt-link", Link);

/** Never an old value as a live one: this stands above everything while the twin is silent, or while the past shows. */
class Notice extends Part {
  render() {
    const past = moment.isLive || now.asOf === null ? nothing
      : html`<p id="past" class="past"><b>The past</b> as it was on ${dayText(now.asOf)} at ${clockText(now.asOf)}
        (${zone}). Nothing here is the present.${modelText(now.model)}</p>`;
    return html`${past}<p id="notice" class="notice" role="alert" ?hidden=${!now.notice}>${now.notice}</p>`;
  }
}
customElements.define("lt-notice", Notice);

const THEMES = { "": "as the system", light: "light", dark: "dark" };

class Theme extends Part {
  render() {
    const chosen = document.documentElement.dataset.theme ?? "";
    return html`<label class="theme"><span class="unseen">Theme</span><select @change=${this.choose}>${
      Object.entries(THEMES).map(([id, name]) => html`<option value=${id} ?selected=${id === chosen}>${name}</option>`)}
      </select></label>`;
  }

  choose({ target }) {
    const root = document.documentElement;
    if (target.value) root.dataset.theme = target.value;
    else delete root.dataset.theme;
    try {
      localStorage.setItem("linetwin-theme", target.value);
    } catch {
      // storage is switched off: it holds for this page
    }
  }
}
customElements.define("lt-theme", Theme);

/** The only thing that is spoken by itself: how many alarms nobody has acknowledged yet. */
class AlarmCount extends Part {
  static every = 1000;

  render() {
    if (!can("alarms") || !moment.isLive) return nothing;
    const open = Object.values(now.alarms);
    const waiting = open.filter((one) => !one.acknowledged).length;
    const worst = Math.min(...open.map((one) => one.priority));
    return html`<span role="status" class="count" data-priority=${open.length ? worst : nothing}>${open.length
      ? html`${open.length}<span class="unseen"> active, ${waiting} not acknowledged</span>` : nothing}</span>`;
  }
}
customElements.define("lt-alarm-count", AlarmCount);
