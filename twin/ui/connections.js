// The chips in the header: each connection with its link, since when, and why not.

import { el, setAttribute, setText } from "./dom.js";
import { clockText, lengthText } from "./format.js";

const SIGNS = { up: "✓", down: "✕", stopped: "■", connecting: "…", off: "○" };

export class Connections {
  constructor(list) {
    this.list = list;
    this.chips = new Map();
  }

  show(connections, asOf) {
    for (const [id, one] of Object.entries(connections)) {
      const chip = this.chips.get(id) ?? this.add(id);
      setAttribute(chip.node, "data-state", one.state);
      setText(chip.sign, SIGNS[one.state] ?? "?");
      setText(chip.state, one.state);
      setText(chip.since, one.since ? `for ${lengthText(asOf - Date.parse(one.since))}` : "");
      setText(chip.cause, causeOf(one));
      setAttribute(chip.node, "title", `${one.url}${one.since ? `, ${one.state} since ${clockText(Date.parse(one.since))}` : ""}`);
    }
  }

  add(id) {
    const [sign, state, since, cause] = ["sign", "state", "since", "cause"].map((name) => el("span", { class: name }));
    sign.setAttribute("aria-hidden", "true");
    const node = el("li", { class: "chip", "data-connection": id }, sign, el("b", {}, id), state, since, cause);
    this.list.append(node);
    const chip = { node, sign, state, since, cause };
    this.chips.set(id, chip);
    return chip;
  }
}

function causeOf(one) {
  if (one.state === "up") return one.problems ? `${one.problems} tags do not work` : "";
  const tries = one.attempts > 1 ? ` (attempt ${one.attempts})` : "";
  return `${one.cause}${tries}`;
}
