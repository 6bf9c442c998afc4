// Run as its own process by embedded.test.ts: appends numbered records without end and prints each number once it
// is acknowledged, or the code of the problem. Commands on stdin: "drop ballast", "count".
import { rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Problem } from "../../../sdk/problem.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import { record, until } from "./record.ts";

const path = process.argv[2] ?? "";
const ballast = `${path}.ballast`;
const ballastBytes = Number(process.env["BALLAST_BYTES"] ?? 0);
if (ballastBytes > 0) writeFileSync(ballast, new Uint8Array(ballastBytes));

const stream = openEmbeddedStream({ path });
const counting = new AbortController();

async function count(): Promise<void> {
  counting.abort();
  let stored = 0;
  const consumer = await stream.consume(
    { topic: "numbers", group: "counter", nextOffsets: async () => new Map() },
    async (batch) => void (stored += batch.length),
  );
  await until(async () => (await consumer.lag()) === 0);
  console.log(`stored ${stored}`);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "drop ballast") rmSync(ballast);
  if (line === "count") void count();
});

let healthy = true;
async function lane(index: number): Promise<void> {
  for (let turn = 0; !counting.signal.aborted; turn++) {
    const number = `${process.pid}${index}-${turn}`;
    try {
      await stream.append("numbers", [record(`1|${index}`, number)]);
      console.log(number);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.log(error.code);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const now = await stream.healthy();
    if (now !== healthy) console.log(now ? "healthy" : "unhealthy");
    healthy = now;
  }
}
for (let index = 0; index < 8; index++) void lane(index);
