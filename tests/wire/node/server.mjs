// A node-opcua server for the wire tests: another stack than the one that our connector stands on.
// node server.mjs PORT FOLDER [strict]: writes {"ready": url} and then obeys JSON lines on stdin:
// {"count": "n", "from": 1, "to": 100, "every_ms": 5}, {"historize": ["n"]} or
// {"set": "temp", "value": 1.5, "status": "BadSensorFailure", "ago_ms": 0}.
import readline from "node:readline";
import {
  DataType, DataValue, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes,
  Variant, VariantArrayType, standardUnits,
} from "node-opcua";

const [port, folder] = [Number(process.argv[2]), process.argv[3]];
const server = new OPCUAServer({
  port,
  hostname: "127.0.0.1",
  securityPolicies: [
    SecurityPolicy.None, SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep,
    SecurityPolicy.Aes256_Sha256_RsaPss,
  ],
  securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
  serverCertificateManager: new OPCUACertificateManager({
    rootFolder: folder, automaticallyAcceptUnknownCertificate: process.argv[4] !== "strict",
  }),
  userCertificateManager: new OPCUACertificateManager({
    rootFolder: `${folder}-users`, automaticallyAcceptUnknownCertificate: process.argv[4] !== "strict",
  }),
  userManager: { isValidUser: (user, password) => user === "twin" && password === "right" },
});
await server.initialize();

const space = server.engine.addressSpace;
const mine = space.registerNamespace("urn:test:plc");
const line = mine.addObject({ organizedBy: space.rootFolder.objects, browseName: "Line", nodeId: "s=Line" });
const types = {
  temp: [DataType.Double, 20.5], n: [DataType.Double, 0], total: [DataType.UInt32, 7], recipe: [DataType.String, "cola"],
  running: [DataType.Boolean, true], serial: [DataType.Int64, [268435456, 1]],
};
const variables = {};
for (const [name, [dataType, value]] of Object.entries(types)) {
  variables[name] = mine.addVariable({
    componentOf: line, browseName: name, nodeId: `s=Line.${name}`, dataType, minimumSamplingInterval: 20,
  });
  variables[name].setValueFromSource(new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }));
}
variables.zones = mine.addVariable({
  componentOf: line, browseName: "zones", nodeId: "s=Line.zones", dataType: DataType.Double, valueRank: 1,
  value: new Variant({ dataType: DataType.Double, arrayType: VariantArrayType.Array, value: [1.5, 2.5, 3.5] }),
});

// {"historize": ["n"]}: these have a history from now on.
function historize({ historize: names, keep }) {
  for (const name of names) space.installHistoricalDataNode(variables[name], { maxOnlineValues: keep ?? 100_000 });
}

// Takes up to 100, holds at most 80 of it, and says so.
let speed = 50;
mine.addVariable({
  componentOf: line, browseName: "speed", nodeId: "s=Line.speed", dataType: DataType.Float,
  value: {
    get: () => new Variant({ dataType: DataType.Float, value: speed }),
    set: ({ value }) => {
      if (value > 100) return StatusCodes.BadOutOfRange;
      speed = Math.min(value, 80);
      return value > 80 ? StatusCodes.GoodClamped : StatusCodes.Good;
    },
  },
});

const tank = mine.addObject({ organizedBy: space.rootFolder.objects, browseName: "Tank", nodeId: "s=Tank" });
types.level = [DataType.Double, 100];
variables.level = mine.addAnalogDataItem({
  componentOf: tank, browseName: "level", nodeId: "s=Tank.level", dataType: DataType.Double,
  minimumSamplingInterval: 20, engineeringUnitsRange: { low: 0, high: 200 }, engineeringUnits: standardUnits.centimetre,
});
variables.level.setValueFromSource(new Variant({ dataType: DataType.Double, value: 100 }));

function set(name, value, status, agoMs = 0) {
  const code = status ? StatusCodes[status] : StatusCodes.Good;
  const time = new Date(Date.now() - agoMs);
  variables[name].setValueFromSource(new Variant({ dataType: types[name][0], value }), code, time);
}

// Each value stands for every_ms or longer, on a busy machine too: an interval would catch up, and the server keeps one
// value of two that come within its sampling interval.
function count({ count: name, from, to, every_ms }) {
  set(name, from);
  if (from < to) setTimeout(count, every_ms, { count: name, from: from + 1, to, every_ms });
}

readline.createInterface({ input: process.stdin })
  .on("line", (text) => {
    const command = JSON.parse(text);
    if (command.count) count(command);
    else if (command.historize) historize(command);
    else set(command.set, command.value, command.status, command.ago_ms);
  })
  .on("close", () => process.exit(0));

await server.start();
console.log(JSON.stringify({ ready: `opc.tcp://127.0.0.1:${port}` }));
