// What the elements of the pages share: light DOM, drawn again when the plant has news, HTTP answers asked for again.

import { isAway, repeat } from "./api.js";
import { LitElement } from "./vendor/lit.js";
import { moment } from "./moment.js";
import { now, watch } from "./now.js";

export class Part extends LitElement {
  /** Milliseconds between two drawings that only the passing of time asks for. */
  static every = 0;

  /** One stylesheet and plain selectors for all: no shadow. What the server wrote for a page without scripts goes. */
  createRenderRoot() {
    this.replaceChildren();
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    let drawn = 0;
    this.leave = watch(() => {
      const at = performance.now();
      if (at - drawn < this.constructor.every - 20 && this.link === now.link) return;
      drawn = at;
      this.link = now.link;
      this.requestUpdate();
    });
    this.start?.();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave?.();
  }

  /** Run `load` now and then; only once for the past, which stays as it is. Gives what asks for a run soon. */
  poll(load, everyMs) {
    const task = async () => {
      await load();
      this.requestUpdate();
    };
    if (moment.isLive) return repeat(task, everyMs);
    task().catch((error) => {
      if (!isAway(error)) throw error;
    });
    return () => {};
  }

  get isStale() {
    return now.link === "stale";
  }
}
