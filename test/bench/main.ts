// `npm run bench [name…]`: every benchmark, or those named, one after the other on a machine that does nothing else.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const benchmarks = [
  "page-size",
  "crypto",
  "mail",
  "edge",
  "ingest",
  "results-latency",
  "kafka-clients",
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !benchmarks.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${benchmarks.join(", ")}.`);
  process.exit(2);
}
let failed = 0;
for (const name of asked.length > 0 ? asked : benchmarks) {
  console.log(`\n== ${name}`);
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, [file], { stdio: "inherit" });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
