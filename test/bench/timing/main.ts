// `npm run bench timing [-- --seconds 20]`: looks for times that tell secrets (dudect's way). It can find a leak; that it
// finds none proves nothing beyond this processor, this engine and these classes. Fails where a control is not found.
import { parseArgs } from "node:util";
import { cases, leaks } from "./cases.ts";
import { measure, type Case } from "./measure.ts";
import { certainT, compare, suspiciousT } from "./welch.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "10" }, quick: { type: "boolean" } },
});
const seconds = values.quick ? 1 : Number(values.seconds);
if (!(seconds > 0 && seconds <= 3600)) {
  console.error("--seconds is how long each case runs: more than 0, at most 3600.");
  process.exit(2);
}

const word = (t: number): string =>
  Math.abs(t) > certainT ? "LEAKS" : Math.abs(t) > suspiciousT ? "suspicious" : "nothing found";

function report(subject: Case): number {
  const { left, right } = measure(subject, { milliseconds: seconds * 1000 });
  const { t, kept, differenceNs } = compare(left, right);
  console.log(
    [
      subject.name.padEnd(50),
      `|t| ${Math.abs(t).toFixed(1).padStart(7)}`,
      `${differenceNs.toFixed(0).padStart(6)} ns`,
      `${left.length + right.length} runs, ${Math.round(kept * 100)} % kept`.padEnd(28),
      `${word(t)}: ${subject.classes}`,
    ].join("  "),
  );
  return Math.abs(t);
}

console.log(
  `Node ${process.version}; |t| over ${suspiciousT} is suspicious, over ${certainT} a leak`,
);
const missed = leaks().filter((subject) => report(subject) < certainT);
for (const subject of await cases()) report(subject);
if (missed.length > 0) {
  console.error(
    `Not found: ${missed.map(({ name }) => name).join("; ")}. Nothing above says anything.`,
  );
  process.exit(1);
}
