// What the server put into the page: the plant, what this twin can do, who looks at it.

/**
 * @typedef {{path: string, name: string, display: string, makes: string, tags: Object<string, string>,
 *   counts: Object<string, string>, has_state: boolean}} Machine
 * @typedef {{path: string, display: string, machines: Machine[], output: string[],
 *   flow: {machines: string[], capacity: ?number, unit: string}[]}} Line
 */

const node = document.getElementById("known");

/** @type {?{plant: object, can: Object<string, boolean>, has_shifts: boolean,
 *   incident: ?{from: string, to: string}, caller: {name: string, role: string}}} */
export const known = node && JSON.parse(node.textContent);

/** @type {Line[]} */
export const lines = known?.plant.lines ?? [];
export const machines = lines.flatMap((line) => line.machines);
export const can = (what) => Boolean(known?.can[what]);
export const mayOperate = ["operate", "engineer"].includes(known?.caller.role);

/** @type {(path: string) => ?Machine} */
export const machineOf = (path) => machines.find((one) => one.path === path);
export const lineOf = (path) => lines.find((one) => one.path === path || one.machines.some((m) => m.path === path));

/** The machines of a path: itself, or those of the line. */
export const machinesBelow = (path) => machines.filter((one) => one.path === path || one.path.startsWith(`${path}/`));

/** A path for people: without the plant, and without the line where there is only one. */
export function shortOf(path) {
  const root = lines.length === 1 ? lines[0].path : known?.plant.path;
  return root && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

const order = new Map(machines.flatMap((one) => Object.values(one.tags)).map((tag, at) => [tag, at]));

/** Tags in the order of the flow and of the plant file, others after them. */
export const inOrder = (tags) => [...tags].sort((a, b) => (order.get(a.tag) ?? 1e9) - (order.get(b.tag) ?? 1e9));

/** What an alert or an alarm says, without the name of its machine before it: that stands beside it. */
export const withoutName = (text, asset) => (text.startsWith(`${nameOf(asset)}: `) ? text.slice(nameOf(asset).length + 2) : text);

/** How a machine or a line is called. */
export const nameOf = (path) => machineOf(path)?.display ?? lines.find((one) => one.path === path)?.display ?? path;
