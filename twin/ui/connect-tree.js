// The tree of the Connect page: folders that open level by level, variables to tick, or what a search found.

import { html, nothing } from "./vendor/lit.js";

export const tree = (page) => html`<section class="card tree" aria-labelledby="tree-title"><div class="head">
  <h2 id="tree-title">What there is</h2><form class="find" role="search" @submit=${(event) => page.search(event)}>
  <input name="match" type="search" aria-label="Find variables" placeholder="Find: *temp*" spellcheck="false">
  <button>Find</button></form></div>
  ${page.found ? found(page) : html`<ul class="nodes">${level(page, "", 0)}</ul>`}</section>`;

const found = (page) => html`<p class="quiet">${page.found.length} variables match
  <button type="button" class="plain" @click=${() => { page.found = null; page.requestUpdate(); }}>back to the tree</button></p>
  <ul class="nodes">${page.found.map((one) => variable(page, one, one.path.replace(/^\/Objects\//, "")))}</ul>`;

function level(page, parent, depth) {
  const nodes = page.open.get(parent) ?? [];
  if (!nodes.length && depth) return html`<li class="quiet">nothing below</li>`;
  return nodes.map((one) => (one.folder ? folder(page, one, depth) : variable(page, one, one.name)));
}

function folder(page, one, depth) {
  const isOpen = page.open.has(one.node);
  return html`<li><button type="button" class="plain folder" aria-expanded=${isOpen} @click=${() => page.unfold(one)}>
    <span aria-hidden="true">${isOpen ? "▾" : "▸"}</span> ${one.name}</button>
    ${isOpen ? html`<ul>${level(page, one.node, depth + 1)}</ul>` : nothing}</li>`;
}

function variable(page, one, name) {
  const seen = page.seen.get(one.node);
  return html`<li><label class="variable"><input type="checkbox" .checked=${page.ticked.has(one.node)}
    @change=${(event) => page.tick(one, event.target.checked)}><span class="node-name">${name}</span>
    <span class="quiet">${one.type}</span><span class="node-value" data-quality=${seen?.quality ?? nothing}>${
    seen ? seen.text || seen.status : one.value} ${one.unit}</span></label></li>`;
}
