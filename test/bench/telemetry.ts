// `npm run bench telemetry`: what counting and tracing cost the edge, the same worker with and without them in turn. Processor time an
// answer is the figure to read: rates on a shared machine are not.
import type { Plugin } from "esbuild";
import { buildWorker } from "../../demo/edge-build.ts";
import { Collector } from "../collector.ts";
import { closedRounds } from "./edge/measure.ts";
import { startOurs, type Ours } from "./edge/ours.ts";
import { requestsFor, Supply } from "./edge/requests.ts";

const connections = 32;
const rounds = 7;
const answers = 1_500;
const warmingAnswers = 1_500;

/** A module whose functions do nothing. */
const nothing = (names: readonly string[]) => ({
  contents: names.map((name) => `export const ${name} = () => undefined;`).join("\n"),
});

/** The worker as it would be if nobody had ever thought of telemetry. */
const without: Plugin = {
  name: "no-telemetry",
  setup(build) {
    build.onLoad({ filter: /edge\/metrics\.ts$/ }, () =>
      nothing(["countArrival", "countAnswer", "metricsText"]),
    );
    build.onLoad({ filter: /edge\/trace\.ts$/ }, () =>
      nothing([
        "drawTrace",
        "continueTrace",
        "endRequest",
        "keepExporting",
        "beginKeeping",
        "endKeeping",
        "beginDelivery",
        "exported",
      ]),
    );
  },
};

const collector = await Collector.listen();

/** Adds the binding TELEMETRY to workerd's configuration. */
const traced =
  (sampleOneIn: number) =>
  (configuration: string): string => {
    const text = JSON.stringify({ otlp: { endpoint: collector.endpoint, sampleOneIn } });
    return configuration.replace(
      "  bindings = [\n",
      `  bindings = [\n    (name = "TELEMETRY", text = ${JSON.stringify(text)}),\n`,
    );
  };

const started: Ours[] = [
  await startOurs({
    name: "without",
    build: (outFile) => buildWorker(outFile, { plugins: [without] }),
  }),
  await startOurs({ name: "off: counted alone" }),
  await startOurs({ name: "one in 100 traced", configure: traced(100) }),
  await startOurs({ name: "every one traced", configure: traced(1) }),
];
try {
  const lanes = [];
  for (const contender of started)
    lanes.push({
      contender,
      supply: new Supply(
        await requestsFor(contender.keys, contender.campaign, warmingAnswers + rounds * answers),
      ),
    });
  await closedRounds(lanes, { rounds: 1, answers: warmingAnswers, connections });
  const measured = await closedRounds(lanes, { rounds, answers, connections });
  const [base] = measured;
  for (const [index, { name }] of started.entries()) {
    const { processorMicroseconds = 0, perSecond = 0 } = measured[index] ?? {};
    const share = processorMicroseconds / (base?.processorMicroseconds ?? Number.NaN);
    console.log(
      `${name.padEnd(20)} ${processorMicroseconds.toFixed(0).padStart(5)} µs of a processor an answer, ${share.toFixed(3)} of without; ${perSecond.toFixed(0)}/s`,
    );
  }
  console.log(
    `the collector took ${collector.spans.length} spans, faults ${collector.faults.length}`,
  );
} finally {
  for (const contender of started) await contender.stop();
  await collector.close();
}
process.exit();
