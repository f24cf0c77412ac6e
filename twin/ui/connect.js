// <lt-connect>: an address in; a tree to look round in, values that move, tags to tick, a rule to try, a plant file out.

import { html, nothing } from "./vendor/lit.js";
import { get, isAway, post } from "./api.js";
import { known } from "./known.js";
import { Part } from "./part.js";
import { tree } from "./connect-tree.js";
import { basket, outcome, rules } from "./connect-tags.js";

const LOOK_MS = 1000;
const MOST_NODES = 200;
const SECURITIES = ["auto", "none", "Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"];

class Connect extends Part {
  start() {
    Object.assign(this, { visit: null, told: "", waiting: [], open: new Map(), found: null, ticked: new Map(), seen: new Map(),
      machine: "", rule: "", states: null, text: null, problems: [] });
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  render() {
    if (known?.caller.role !== "engineer") return html`<section class="card"><h2>Connect</h2><p class="quiet">The role engineer
      may open connections to servers from here.</p></section>`;
    return html`${this.door()}${this.visit ? html`<div class="connect">
      ${tree(this)}<div class="chosen">${basket(this)}${rules(this)}${outcome(this)}</div></div>` : nothing}`;
  }

  door() {
    const own = Object.entries(known.plant.connections ?? {}).map(([id, name]) => (typeof name === "string" ? name : id));
    return html`<section class="card" aria-labelledby="door"><div class="head"><h2 id="door">${this.visit
      ? html`Connected to <code>${this.visit.url}</code>` : "Connect to an OPC UA server"}</h2>
      ${this.visit ? html`<button type="button" @click=${() => this.disconnect()}>Disconnect</button>` : nothing}</div>
      ${this.visit ? nothing : html`<form class="door" @submit=${(event) => this.enter(event)}>
        <label>Address <input name="url" list="own" required placeholder="opc.tcp://192.168.0.1:4840" autocomplete="off"
          spellcheck="false"></label><datalist id="own">${own.map((id) => html`<option value=${id}>connection of the plant</option>`)}</datalist>
        <label>User <input name="user" autocomplete="off"></label>
        <label>Password <input name="password" type="password" autocomplete="off"></label>
        <label>Security <select name="security">${SECURITIES.map((one) => html`<option>${one}</option>`)}</select></label>
        <button ?disabled=${this.isBusy}>${this.isBusy ? "Connecting…" : "Connect"}</button></form>`}
      <p class="told" role="status">${this.told}</p>
      ${this.waiting.map((one) => html`<div class="trust"><p><b>A server that nobody has trusted yet</b> shows this certificate.
        Compare the fingerprint with the one that its engineering tool shows, then trust it.</p>
        <dl class="facts"><div><dt>fingerprint (SHA-256)</dt><dd><code>${one.fingerprint}</code></dd></div><div><dt>subject</dt>
        <dd>${one.subject}</dd></div><div><dt>valid</dt><dd>${one.not_before.slice(0, 10)} to ${one.not_after.slice(0, 10)}</dd></div></dl>
        <button type="button" @click=${() => this.trust(one)}>Trust this certificate</button></div>`)}</section>`;
  }

  /** Run what asks the twin; what it refuses is told, in the twin's words. */
  async ask(work) {
    try {
      const answer = await work();
      this.requestUpdate();
      return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (error.status === 404 && this.visit) this.visit = null;
      this.told = error.message;
      this.requestUpdate();
      return undefined;
    }
  }

  async enter(event) {
    event.preventDefault();
    const sent = Object.fromEntries(new FormData(event.target));
    const target = sent.url.includes("://") ? sent : { connection: sent.url };
    Object.assign(this, { isBusy: true, told: "", waiting: [] });
    this.requestUpdate();
    const visit = await this.ask(() => post("/connect/visits", target));
    if (visit) {
      Object.assign(this, { visit, told: "", open: new Map([["", visit.nodes]]), found: null, seen: new Map() });
    } else if (/certificate|trust/i.test(this.told)) {
      this.waiting = (await this.ask(() => get("/connect/certificates")))?.waiting ?? [];
    }
    this.isBusy = false;
    this.requestUpdate();
  }

  async disconnect() {
    const { visit } = this.visit;
    this.visit = null;
    this.requestUpdate();
    await this.ask(() => fetch(`/api/v1/connect/visits/${visit}`, { method: "DELETE" }));
  }

  async trust(one) {
    const left = await this.ask(() => post("/connect/trust", { fingerprint: one.fingerprint }));
    if (!left) return;
    this.waiting = [];
    this.told = "Trusted. Connect again.";
    this.requestUpdate();
  }

  async unfold(node) {
    if (this.open.has(node.node)) this.open.delete(node.node);
    else {
      const below = await this.ask(() => get(`/connect/visits/${this.visit.visit}/children`, { node: node.node, path: node.path }));
      if (below) this.open.set(node.node, below.nodes);
    }
    this.requestUpdate();
  }

  async search(event) {
    event.preventDefault();
    const match = new FormData(event.target).get("match").trim();
    this.found = match ? (await this.ask(() => get(`/connect/visits/${this.visit.visit}/find`, { match })))?.nodes ?? null : null;
    this.requestUpdate();
  }

  tick(node, isOn) {
    if (!isOn) this.ticked.delete(node.node);
    else this.ticked.set(node.node, { ...node, tag: this.nameFor(node), isCounter: false });
    this.text = null;
    this.look();
    this.requestUpdate();
  }

  /** A legal name that no other tag has, of the node's own. */
  nameFor({ name }) {
    const plain = name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9_-]+/g, "_").replace(/^_+|_+$/g, "") || "tag";
    const taken = new Set([...this.ticked.values()].map((one) => one.tag));
    let free = plain;
    for (let number = 2; taken.has(free); number += 1) free = `${plain}_${number}`;
    return free;
  }

  /** Variables that stand in the tree as it is open now. */
  shown() {
    const levels = this.found ? [this.found] : [...this.open.values()];
    return levels.flat().filter((one) => !one.folder && !one.type.endsWith("[]")).map((one) => one.node);
  }

  /** What the ticked nodes and those shown hold now; the twin keeps what it saw for the preview. */
  async look() {
    if (!this.visit || document.hidden || this.isLooking) return;
    this.isLooking = true;
    const nodes = [...new Set([...this.ticked.keys(), ...this.shown()])].slice(0, MOST_NODES);
    const answer = await this.ask(() => post(`/connect/visits/${this.visit.visit}/values`, { nodes }));
    for (const one of answer?.values ?? []) this.seen.set(one.node, one);
    this.isLooking = false;
    if (this.rule.trim() && this.ticked.size) await this.preview();
  }

  /** What goes to the twin of the ticked tags. */
  sent() {
    const all = [...this.ticked.values()];
    const by = (value) => Object.fromEntries(all.map((one) => [one.tag, value(one)]));
    return { tags: by((one) => one.node), kinds: by((one) => one.type), units: by((one) => one.unit),
      counters: all.filter((one) => one.isCounter).map((one) => one.tag), state: this.ruleList(), machine: this.machine.trim() };
  }

  /** `running: speed > 0` in a line each; a line without a condition always holds. */
  ruleList() {
    return this.rule.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
      const [, state, when] = line.match(/^([a-z_]+)\s*(?::\s*(.*))?$/i) ?? [null, line, ""];
      return when ? { when, is: state } : { is: state };
    });
  }

  async preview() {
    try {
      const { states, samples, as_of: asOf } = await post(`/connect/visits/${this.visit.visit}/preview`, this.sent());
      Object.assign(this, { states, samples, asOf: Date.parse(asOf), wrong: "" });
    } catch (error) {
      if (!isAway(error)) throw error;
      this.wrong = error.message;
    }
    this.requestUpdate();
  }

  async write() {
    const answer = await this.ask(() => post(`/connect/visits/${this.visit.visit}/plant`, this.sent()));
    if (answer) Object.assign(this, { text: answer.text, problems: answer.problems });
    this.requestUpdate();
  }
}
customElements.define("lt-connect", Connect);
