// The live half of the API: one WebSocket, a snapshot, deltas, and a watch on silence.

const SILENT_MS = 3000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

/** Calls back: message(kind, body), silent(asOfMs, forMs) again and again. `asOf` is the newest instant the twin told, ms. */
export class Live {
  constructor(subscribe, callbacks) {
    this.subscribe = subscribe;
    this.callbacks = callbacks;
    this.asOf = null;
    this.isSilent = true;
    this.pause = FIRST_PAUSE_MS;
    this.heardAt = performance.now();
    this.seq = 0;
    setInterval(() => this.listen(), 500);
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/live`);
    this.socket = socket;
    this.triedAt = performance.now();
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: this.subscribe }));
    socket.onmessage = (event) => this.take(socket, JSON.parse(event.data));
    socket.onclose = () => this.again(socket);
  }

  again(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    setTimeout(() => this.connect(), this.pause * (0.7 + 0.6 * Math.random()));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  take(socket, body) {
    if (this.socket !== socket) return;
    const follows = body.type === "snapshot" || body.seq === this.seq + 1;
    this.seq = body.seq;
    if (!follows) {
      socket.close(); // something between is missing: begin again with a snapshot
      return;
    }
    this.pause = FIRST_PAUSE_MS;
    this.heardAt = performance.now();
    this.asOf = Date.parse(body.as_of);
    this.isSilent = false;
    this.callbacks.message(body.type, body);
  }

  /** Silence means that nothing shown can be called present, whatever the cause. */
  listen() {
    if (performance.now() - this.heardAt < SILENT_MS) return;
    this.isSilent = true;
    this.callbacks.silent(this.asOf, performance.now() - this.heardAt);
    if (this.socket && performance.now() - this.triedAt >= SILENT_MS) {
      const socket = this.socket; // half open: it would never tell
      socket.onclose = null;
      socket.close();
      this.again(socket);
    }
  }
}
