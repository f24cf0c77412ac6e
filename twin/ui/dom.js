// Elements with attributes and children. Text goes in as text, never as HTML.

/** An HTML element: el("td", { class: "number" }, "12"). */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A table of texts; columns from `numbers` on are figures, the first column heads its row. */
export function table(heads, rows, numbers = Infinity) {
  const kind = (at) => (at >= numbers ? { class: "number" } : {});
  const head = heads.map((text, at) => el("th", { scope: "col", ...kind(at) }, text));
  const line = (cells) => cells.map((cell, at) => (at ? el("td", kind(at), cell) : el("th", { scope: "row" }, cell)));
  return el("table", {},
    el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...line(cells)))));
}
