// The API on one page, made from openapi.json.

import { el } from "./dom.js";

function parameterRow(one) {
  const shape = one.schema?.anyOf?.find((part) => part.type !== "null") ?? one.schema ?? {};
  const type = shape.enum?.join(" | ") ?? shape.const ?? (shape.type === "array" ? `${shape.items?.type}, repeated` : shape.type);
  const limits = [["minimum", "from"], ["maximum", "to"]].filter(([name]) => shape[name] !== undefined);
  const range = limits.map(([name, word]) => ` ${word} ${shape[name]}`).join("");
  const usual = one.schema?.default !== undefined && one.schema.default !== null ? String(one.schema.default) : one.required ? "required" : "";
  return el("tr", {}, el("th", { scope: "row" }, el("code", {}, one.name)), el("td", {}, `${type ?? ""}${range}`), el("td", {}, usual), el("td", {}, one.description ?? ""));
}

function operation(method, path, one) {
  const rows = (one.parameters ?? []).map(parameterRow);
  const columns = ["Parameter", "Type", "Default", ""].map((text) => el("th", { scope: "col" }, text));
  const table = rows.length ? [el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ...columns)), el("tbody", {}, ...rows)))] : [];
  return el("section", { class: "operation" }, el("h3", {}, el("code", {}, `${method.toUpperCase()} ${path}`)), el("p", {}, one.description ?? ""), ...table);
}

const answer = await fetch("/openapi.json");
const body = await answer.json();
if (answer.ok) {
  const all = Object.entries(body.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => operation(method, path, one)));
  document.getElementById("operations").append(...all);
} else {
  const notice = document.getElementById("notice");
  notice.textContent = body.detail;
  notice.hidden = false;
}
