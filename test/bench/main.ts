// `npm run bench [name…] [-- --options]`: every benchmark, or those named, one after the other on a machine that does nothing
// else. Options are handed to each: --quick, --markdown where it writes into docs/edge-performance.md.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const files: Readonly<Record<string, string>> = {
  "page-size": "page-size.ts",
  crypto: "crypto.ts",
  "first-seal": "first-seal.ts",
  timing: "timing/main.ts",
  phone: "phone.ts",
  mail: "mail.ts",
  edge: "edge/main.ts",
  "edge-targets": "targets/main.ts",
  overload: "overload.ts",
  "catch-up": "catch-up.ts",
  telemetry: "telemetry.ts",
  ingest: "ingest.ts",
  results: "results.ts",
  "results-latency": "results-latency.ts",
  segments: "segments.ts",
  "kafka-clients": "kafka-clients.ts",
  policy: "policy.ts",
  agents: "agents.ts",
  lift: "lift.ts",
  "edge-to-agent": "edge-to-agent.ts",
};
const fileOf = (name: string): string => fileURLToPath(new URL(files[name] ?? "", import.meta.url));

const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith("-"));
const asked = firstOption === -1 ? given : given.slice(0, firstOption);
const options = firstOption === -1 ? [] : given.slice(firstOption);
const unknown = asked.filter((name) => !(name in files));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(", ")}; there are ${Object.keys(files).join(", ")}.`,
  );
  process.exit(2);
}
let failed = 0;
for (const name of asked.length > 0 ? asked : Object.keys(files)) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [fileOf(name), ...options], { stdio: "inherit" });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
