// All writes to the page go through here: at most once per animation frame, and none while the page is hidden.

const due = new Map();
let asked = false;

/** Run `write` in the next frame; of several with one key only the last runs. */
export function paint(key, write) {
  due.set(key, write);
  if (!asked) {
    asked = true;
    requestAnimationFrame(run);
  }
}

function run() {
  asked = false;
  const writes = [...due.values()];
  due.clear();
  for (const write of writes) write();
}
