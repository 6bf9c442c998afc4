#!/usr/bin/env node
// Runs main.ts on a Node that strips types and has ML-KEM (24.7 or later): this one, or the checkout's own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 24 || (major === 24 && minor >= 7)) {
  await import("./main.ts");
} else {
  const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  if (!existsSync(own)) {
    console.error(
      `maily needs Node 24.7 or later; this is ${process.version}. Run npm install in the checkout.`,
    );
    process.exit(2);
  }
  const { status } = spawnSync(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exit(status ?? 1);
}
