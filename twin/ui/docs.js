// The API on one page, made from openapi.json.

import "./header.js";
import { el, table } from "./dom.js";
import { known } from "./known.js";
import { begin, changed, now } from "./now.js";

const ABOUT = { service: "Service", plant: "Plant, connections, tags, events", samples: "Samples", results: "Results",
  alarms: "Alarms", oee: "OEE and stops", health: "Condition and alerts", demo: "Demo" };

/** Text in which `words` stand for code. */
function prose(text = "") {
  return text.split("`").map((part, at) => (at % 2 ? el("code", {}, part) : part));
}

/** The description of a shape: itself, or what it refers to. */
const shapeOf = (api, schema = {}) => (schema.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema);

/** A type in a word or two: `list of string`, `SampleRow`, `number or null`. */
function typeOf(api, schema = {}) {
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(api, one)).join(" or ");
  if (schema.$ref) return shapeOf(api, schema).enum?.join(", ") ?? schema.$ref.split("/").at(-1);
  if (schema.enum) return schema.enum.join(", ");
  if (schema.const !== undefined) return String(schema.const);
  if (schema.type === "array") return `list of ${typeOf(api, schema.items)}`;
  return schema.type ?? "any";
}

function parameterTable(api, parameters) {
  const rows = parameters.map(({ name, required, schema, description }) => {
    const one = schema.anyOf?.find((part) => part.type !== "null") ?? schema;
    const limits = [["minimum", "from"], ["maximum", "to"]].filter(([key]) => one[key] !== undefined);
    const range = limits.map(([key, word]) => ` ${word} ${one[key].toLocaleString("en")}`).join("");
    const usual = required ? "required" : String(schema.default ?? "");
    return [el("code", {}, name), `${typeOf(api, one)}${range}`, usual, el("span", {}, ...prose(description))];
  });
  return scrolled(table(["Parameter", "Type", "Default", "Meaning"], rows));
}

const scrolled = (node) => el("div", { class: "scroll", tabindex: "0" }, node);

/** The fields of a shape and of the shapes in it, folded away. */
function fields(api, title, schema) {
  const shapes = [];
  const add = (one) => {
    for (const inner of [...(one?.anyOf ?? []), one?.items, one?.additionalProperties]) if (inner) add(inner);
    if (!one?.$ref || shapes.some(([ref]) => ref === one.$ref)) return;
    const shape = shapeOf(api, one);
    if (!shape.properties) return;
    shapes.push([one.$ref, shape]);
    for (const property of Object.values(shape.properties)) add(property);
  };
  add(schema);
  if (!shapes.length) return [];
  const parts = shapes.flatMap(([ref, shape]) => {
    const rows = Object.entries(shape.properties).map(([name, one]) => [el("code", {}, name), typeOf(api, one)]);
    const about = el("p", {}, el("b", {}, ref.split("/").at(-1)), ": ", ...prose(shape.description));
    return [about, scrolled(table(["Field", "Type"], rows))];
  });
  return [el("details", {}, el("summary", {}, title), ...parts)];
}

const json = (content) => content?.content?.["application/json"]?.schema;
const idOf = (method, path) => `${method}-${path.replace(/[^a-z0-9]+/g, "-")}`;

function operation(api, method, path, one) {
  const parameters = one.parameters ?? [];
  const address = el("code", {}, `${method.toUpperCase()} ${path}`);
  const isOpenable = method === "get" && !parameters.some((parameter) => parameter.required);
  const title = isOpenable ? el("a", { href: path }, address) : address;
  const role = one["x-role"] === "none" ? "open to all" : `role ${one["x-role"]}`;
  return el("div", { class: "operation", id: idOf(method, path) },
    el("h3", {}, title, " ", el("span", { class: "role" }, role)),
    el("p", {}, ...prose(one.description)),
    ...(parameters.length ? [parameterTable(api, parameters)] : []),
    ...fields(api, "Body", json(one.requestBody)),
    ...fields(api, "Answer", json(one.responses?.["200"])));
}

function show(api) {
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ method, path, one, group: one.tags?.[0] ?? "service" })));
  const groups = [...new Set(all.map(({ group }) => group))];
  document.getElementById("operations").append(...groups.map((group) => {
    const own = all.filter((one) => one.group === group);
    return el("section", { class: "group" }, el("h2", {}, ABOUT[group] ?? group),
      ...own.map(({ method, path, one }) => operation(api, method, path, one)));
  }));
  const link = (id, text) => el("li", {}, el("a", { href: `#${id}` }, el("code", {}, text)));
  document.getElementById("contents").append(link("live", "WS /api/v1/live"),
    ...all.map(({ method, path }) => link(idOf(method, path), `${method.toUpperCase()} ${path}`)));
}

function tell(text) {
  now.notice = text;
  changed();
}

begin();
try {
  const answer = await fetch("/openapi.json");
  const body = await answer.json();
  if (answer.ok) show(body);
  else if (known) tell(body.detail);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  tell("The twin does not answer; load this page again when it runs.");
}
