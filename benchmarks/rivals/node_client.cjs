// node node_client.cjs URL ITEMS SECONDS MODULES: node-opcua's client with monitored item groups; counts, says JSON.
const { createRequire } = require("node:module");
const path = require("node:path");

const [url, items, seconds, modules] = process.argv.slice(2);
const opcua = createRequire(path.join(path.resolve(modules), "here.cjs"))("node-opcua");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function main() {
  const client = opcua.OPCUAClient.create({ endpointMustExist: false, requestedSessionTimeout: 600000 });
  await client.connect(url);
  const session = await client.createSession();
  const namespaces = await session.readNamespaceArray();
  const index = namespaces.indexOf("urn:bench:plc");
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 100, requestedLifetimeCount: 6000, requestedMaxKeepAliveCount: 50,
    maxNotificationsPerPublish: 0, publishingEnabled: true, priority: 0,
  });
  let values = 0;
  let lags = [];
  const seen = new Set();
  const changed = (item, value) => {
    values += 1;
    if (values % 100 === 0) lags.push(Date.now() - value.sourceTimestamp.getTime());
    if (seen.size < Number(items)) seen.add(item);
  };
  for (let first = 0; first < Number(items); first += 1000) {
    const part = [];
    for (let n = first; n < Math.min(first + 1000, Number(items)); n++) {
      part.push({ nodeId: `ns=${index};s=n${n}`, attributeId: opcua.AttributeIds.Value });
    }
    const group = opcua.ClientMonitoredItemGroup.create(
      subscription, part, { samplingInterval: 0, queueSize: 10, discardOldest: true }, opcua.TimestampsToReturn.Both);
    group.on("changed", changed);
    await new Promise((done) => group.on("initialized", done));
  }
  while (seen.size < Number(items)) await wait(100);
  await wait(1000);
  values = 0;
  lags = [];
  const cpu = process.cpuUsage();
  const begun = process.hrtime.bigint();
  await wait(Number(seconds) * 1000);
  const used = process.cpuUsage(cpu);
  lags.sort((a, b) => a - b);
  console.log("> " + JSON.stringify({
    values, cpu_s: (used.user + used.system) / 1e6, wall_s: Number(process.hrtime.bigint() - begun) / 1e9,
    lag_ms: [0.5, 0.99].map((q) => lags[Math.floor(q * (lags.length - 1))]),
  }));
  process.exit(0);
}
main().catch((error) => { console.error(error); process.exit(1); });
