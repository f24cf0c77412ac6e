// The right side of the Connect page: ticked tags with their names, state rules tried on what was seen, the plant file.

import { html, nothing } from "./vendor/lit.js";
import { clockText } from "./format.js";
import { intervalsOf, legend, timeline } from "./timeline.js";

const LONG_MS = 600_000;
const WIDTH = 560;
/** Paths of tags and machines, as a plant file takes them. */
const NAME = String.raw`[a-z0-9_\-]+(/[a-z0-9_\-]+)*`;
const MACHINE = String.raw`[a-z0-9_\-]+(/[a-z0-9_\-]+)+`;

export const basket = (page) => html`<section class="card" aria-labelledby="basket-title"><div class="head">
  <h2 id="basket-title">Tags</h2><span class="quiet">${page.ticked.size} ticked; their values are read once a second</span></div>
  ${page.ticked.size ? html`<div class="scroll" tabindex="0"><table class="ticked"><thead><tr><th scope="col">Name</th>
    <th scope="col" class="number">Value</th><th scope="col">Counts</th><th scope="col"><span class="unseen">Remove</span></th></tr></thead>
    <tbody>${[...page.ticked.values()].map((one) => row(page, one))}</tbody></table></div>`
    : html`<p class="quiet">Tick variables in the tree.</p>`}</section>`;

function row(page, one) {
  const seen = page.seen.get(one.node);
  const change = (what) => (event) => {
    Object.assign(one, what(event.target));
    page.text = null;
    page.requestUpdate();
  };
  return html`<tr><th scope="row"><input aria-label="Name of ${one.name}" .value=${one.tag} pattern=${NAME}
    spellcheck="false" @change=${change(({ value }) => ({ tag: value.trim() }))}><br><code class="quiet">${one.node}</code></th>
    <td class="number" data-quality=${seen?.quality ?? nothing}>${seen ? seen.text || "–" : "…"} ${one.unit}<br><span class="quiet">${
    seen && seen.quality !== "good" ? seen.status : seen?.time ? clockText(Date.parse(seen.time)) : ""}</span></td>
    <td><input type="checkbox" aria-label="${one.tag} counts pieces" .checked=${one.isCounter}
      @change=${change(({ checked }) => ({ isCounter: checked }))}></td>
    <td><button type="button" class="plain" aria-label="Remove ${one.tag}" @click=${() => page.tick(one, false)}>✕</button></td></tr>`;
}

export const rules = (page) => html`<section class="card" aria-labelledby="rules-title"><div class="head"><h2 id="rules-title">State of a machine</h2>
  <span class="quiet">optional</span></div>
  <label>Machine <input .value=${page.machine} placeholder="line1/filler" pattern=${MACHINE} spellcheck="false"
    @change=${(event) => { page.machine = event.target.value; page.text = null; page.requestUpdate(); }}></label>
  <label>Rules, the first that holds counts <textarea rows="3" spellcheck="false" placeholder="down: bit(status, 15)&#10;running: speed > 0&#10;idle"
    .value=${page.rule} @input=${(event) => { page.rule = event.target.value; page.text = null; }}></textarea></label>
  ${page.wrong && page.rule.trim() ? html`<p class="wrong" role="status">${page.wrong}</p>` : nothing}
  ${page.states && page.rule.trim() && !page.wrong ? picture(page) : nothing}</section>`;

function picture(page) {
  const machines = [{ path: "machine", display: "" }];
  const intervals = intervalsOf(page.states.map((one) => ({ ...one, asset: "machine" })));
  const first = intervals[0]?.start ?? page.asOf;
  const span = { from: Math.max(first, page.asOf - LONG_MS), to: page.asOf };
  if (!intervals.length || span.to - span.from < 1000) return html`<p class="quiet">Nothing seen yet; the picture grows with what comes.</p>`;
  return html`<div class="scroll tried" tabindex="0">${timeline(machines, intervals, span, WIDTH)}</div>${legend(intervals, span)}
    <p class="quiet">over ${page.samples} changes that were seen here, by the rules' own code; now: <b>${page.states.at(-1)?.state}</b></p>`;
}

export const outcome = (page) => html`<section class="card" aria-labelledby="file-title"><div class="head"><h2 id="file-title">Plant file</h2>
  <button type="button" ?disabled=${!page.ticked.size} @click=${() => page.write()}>Write it</button></div>
  ${page.text === null ? html`<p class="quiet">A file that <code>twin run</code> takes; a password stays out of it.</p>` : html`
    ${page.problems.length ? html`<ul class="wrong">${page.problems.map((one) => html`<li>${one}</li>`)}</ul>`
    : html`<p role="status">✓ <code>twin check</code> finds nothing wrong in it.</p>`}
    <div class="buttons"><button type="button" @click=${() => navigator.clipboard.writeText(page.text)}>Copy</button>
      <a class="button" download="plant.yaml" href=${`data:text/yaml;charset=utf-8,${encodeURIComponent(page.text)}`}>Save plant.yaml</a></div>
    <pre class="scroll yaml" tabindex="0">${page.text}</pre>`}</section>`;
