// A nasty node-opcua server: each variable counts up and has one nastiness, and the server grants little.
// node nasty.mjs PORT FOLDER CAPABILITIES, the last as JSON (serverCapabilities of node-opcua): writes {"ready": url}.
import {
  DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes, Variant,
} from "node-opcua";

const [port, folder, capabilities] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
const server = new OPCUAServer({
  port,
  hostname: "127.0.0.1",
  securityPolicies: [SecurityPolicy.None],
  securityModes: [MessageSecurityMode.None],
  serverCertificateManager: new OPCUACertificateManager({ rootFolder: folder }),
  serverCapabilities: capabilities,
});
await server.initialize();

const space = server.engine.addressSpace;
const mine = space.registerNamespace("urn:test:plc");
const line = mine.addObject({ organizedBy: space.rootFolder.objects, browseName: "Line", nodeId: "s=Line" });
const NEVER = new Date("1601-01-01T00:00:00Z");
const FOR_EVER = new Date("9999-12-31T23:59:59Z");
const CODES = [
  StatusCodes.Good, StatusCodes.UncertainLastUsableValue, StatusCodes.UncertainSensorNotAccurate, StatusCodes.Bad,
  StatusCodes.BadSensorFailure, StatusCodes.BadNoCommunication,
];
const NUMBERS = [NaN, Infinity, -Infinity];
const NASTY = {
  plain: {},
  long: { id: `s=${"x".repeat(3950)}` },
  special: { id: `s="DB"."a b";ns=9;s=x/%20[0].äß` },
  guid: { id: "g=72962b91-fa75-4ae6-8d28-b404dc7daf63" },
  opaque: { id: "b=AP8BAgM=" },
  numeric: { id: "i=100001" },
  never: { source: NEVER },
  ever: { source: FOR_EVER },
  behind: { source: () => new Date(Date.now() - 40 * 60_000) },
  statuses: { status: (n) => CODES[n % CODES.length] },
  numbers: { value: (n) => (n % 2 ? NUMBERS[(n >> 1) % NUMBERS.length] : n) },
};
const variables = Object.entries(NASTY).map(([name, nasty]) => [nasty, mine.addVariable({
  componentOf: line, browseName: name, nodeId: nasty.id ?? `s=Line.${name}`, dataType: DataType.Double,
  minimumSamplingInterval: 20,
})]);

let count = 0;
function tick() {
  count += 1;
  for (const [nasty, variable] of variables) {
    const value = new Variant({ dataType: DataType.Double, value: nasty.value ? nasty.value(count) : count });
    const now = new Date();
    const source = typeof nasty.source === "function" ? nasty.source() : nasty.source ?? now;
    variable.setValueFromSource(value, nasty.status ? nasty.status(count) : StatusCodes.Good, source);
  }
}
tick();
setInterval(tick, 100);
process.stdin.on("close", () => process.exit(0)).resume();

await server.start();
console.log(JSON.stringify({ ready: `opc.tcp://127.0.0.1:${port}` }));
