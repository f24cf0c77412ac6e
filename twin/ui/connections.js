// The chips in the header: each connection with its link, since when, and why not.

import { el, setAttribute, setText } from "./dom.js";
import { clockText, shortText } from "./format.js";

const SIGNS = { up: "✓", down: "✕", stopped: "■", connecting: "…", off: "○" };
const PARTS = ["sign", "state", "since", "cause"];

export class Connections {
  constructor(list) {
    this.list = list;
    this.chips = new Map();
  }

  show(connections, asOf) {
    for (const [id, one] of Object.entries(connections)) {
      const chip = this.chips.get(id) ?? this.add(id);
      const since = one.since && Date.parse(one.since);
      setAttribute(chip.node, "data-state", one.state);
      setAttribute(chip.node, "data-problems", one.problems ? "yes" : "no");
      setText(chip.sign, SIGNS[one.state] ?? "?");
      setText(chip.state, one.state);
      setText(chip.since, since ? shortText(asOf - since) : "");
      setText(chip.cause, causeOf(one));
      setAttribute(chip.node, "title", `${one.url}${since ? `, ${one.state} since ${clockText(since)}` : ""}`);
    }
  }

  add(id) {
    const parts = Object.fromEntries(PARTS.map((name) => [name, el("span", { class: name })]));
    parts.sign.setAttribute("aria-hidden", "true");
    const node = el("li", { class: "chip", "data-connection": id },
      parts.sign, " ", el("b", {}, id), " ", parts.state, " ", parts.since, " ", parts.cause);
    this.list.append(node);
    const chip = { node, ...parts };
    this.chips.set(id, chip);
    return chip;
  }
}

function causeOf(one) {
  if (one.state === "up") return one.problems ? `${one.problems} tags do not work` : "";
  return `${one.cause}${one.attempts > 1 ? ` (attempt ${one.attempts})` : ""}`;
}
