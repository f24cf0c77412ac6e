// All writes to the page go through here: at most once per animation frame, and none while the page is hidden.

/** @type {Map<object, () => void>} */
const due = new Map();
let isAsked = false;

/** Run `write` in the next frame; of several with one key only the last runs. */
export function paint(key, write) {
  due.set(key, write);
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    const writes = [...due.values()];
    due.clear();
    for (const one of writes) one();
  });
}
