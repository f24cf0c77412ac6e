// node opcua_ticks.cjs PORT HZ FOLDER MODULES [secure]: serves the tags named on the first line of stdin, writes the number of
// the tick into each of them HZ times a second; says `ready`; on `stop` it ends ticking and says the last number.
const { createRequire } = require("node:module");
const path = require("node:path");
const readline = require("node:readline");

const [port, hz, folder, modules, secure] = process.argv.slice(2);
const opcua = createRequire(path.join(path.resolve(modules), "here.cjs"))("node-opcua");

function variables(server, names) {
  const mine = server.engine.addressSpace.registerNamespace("urn:bench:plc");
  const plc = mine.addObject({ organizedBy: server.engine.addressSpace.rootFolder.objects, browseName: "Plc" });
  return names.map((name) => mine.addVariable({
    componentOf: plc, browseName: name, nodeId: `s=${name.replace("/", ".")}`, dataType: "Double",
    minimumSamplingInterval: 0,
  }));
}

async function main(names, lines) {
  const server = new opcua.OPCUAServer({
    port: Number(port),
    hostname: "127.0.0.1",
    securityPolicies: [opcua.SecurityPolicy.None, ...(secure ? [opcua.SecurityPolicy.Basic256Sha256] : [])],
    securityModes: [opcua.MessageSecurityMode.None, ...(secure ? [opcua.MessageSecurityMode.SignAndEncrypt] : [])],
    serverCertificateManager: new opcua.OPCUACertificateManager({
      rootFolder: folder, automaticallyAcceptUnknownCertificate: true,
    }),
    userManager: { isValidUser: (user, password) => user === "twin" && password === "right" },
    serverCapabilities: { maxMonitoredItemsPerCall: 2000, operationLimits: { maxNodesPerRead: 2000 } },
  });
  await server.initialize();
  const all = variables(server, names);
  let stamp = 0;
  const write = (tick) => {
    stamp = Math.max(Date.now(), stamp + 1); // two ticks of a timer that was late have two times
    const now = new Date(stamp);
    const value = new opcua.Variant({ dataType: opcua.DataType.Double, value: tick });
    for (const one of all) one.setValueFromSource(value, opcua.StatusCodes.Good, now);
  };
  let tick = 1;
  write(tick);
  await server.start();
  const timer = setInterval(() => write(++tick), 1000 / Number(hz));
  console.log("> ready");
  for await (const line of lines) {
    if (line !== "stop") continue;
    clearInterval(timer);
    console.log(`> ${tick}`);
  }
}

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
lines.next().then(({ value }) => main(JSON.parse(value), lines));
