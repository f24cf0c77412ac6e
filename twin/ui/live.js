// The live half of the API: one WebSocket, a snapshot, deltas, and a watch on silence.

const SILENT_MS = 2600; // heartbeats come each second; with the look, old values are told within 3 s
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
const LOOK_MS = 250;

export class Live {
  /**
   * @param {{tags: string[], assets: string[]}} wanted what to subscribe to
   * @param {(message: object) => void} onMessage every message, in order, none missing since the last snapshot
   * @param {() => void} onSilence nothing came for about 3 s; once for each silence, also for that before the first message
   */
  constructor(wanted, onMessage, onSilence) {
    Object.assign(this, { wanted, onMessage, onSilence });
    this.isSilent = false;
    this.pause = FIRST_PAUSE_MS;
    this.heardAt = performance.now();
    this.seq = 0;
    this.connect();
    setInterval(() => this.watch(), LOOK_MS);
  }

  /** Watch something else from now on; a snapshot of it comes. */
  subscribe(wanted) {
    this.wanted = wanted;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ subscribe: wanted }));
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/live`);
    this.socket = socket;
    this.triedAt = performance.now();
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: this.wanted }));
    socket.onmessage = (event) => this.take(socket, JSON.parse(event.data));
    socket.onclose = () => this.lose(socket);
  }

  /** Leave a socket and try again after a pause that grows; a part of it is chance, so that not all come at once. */
  lose(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    socket.close();
    setTimeout(() => this.connect(), this.pause * (0.7 + 0.6 * Math.random()));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  take(socket, message) {
    if (this.socket !== socket) return;
    if (message.type !== "snapshot" && message.seq !== this.seq + 1) {
      this.lose(socket); // something between is missing: begin again with a snapshot
      return;
    }
    this.seq = message.seq;
    this.unpack(message);
    this.pause = FIRST_PAUSE_MS;
    this.heardAt = performance.now();
    this.isSilent = false;
    this.onMessage(message);
  }

  /** Good numbers come as columns: make them what the others are, one entry by its name. */
  unpack(message) {
    if (message.names) this.names = message.names;
    if (!message.good) return;
    const asOf = Math.floor(Date.parse(message.as_of));
    const { tag, value, age_ms: age } = message.good;
    message.tags ??= {};
    tag.forEach((place, row) => {
      const time = new Date(asOf - age[row]).toISOString();
      message.tags[this.names[place]] = { value: value[row], status: "Good", quality: "good", time, stale: false };
    });
  }

  /** Silence means that nothing shown can be called present, whatever its cause. */
  watch() {
    const now = performance.now();
    if (now - this.heardAt < SILENT_MS) return;
    if (!this.isSilent) {
      this.isSilent = true;
      this.onSilence();
    }
    if (this.socket && now - this.triedAt >= SILENT_MS) this.lose(this.socket); // half open: it would never tell
  }
}
