// Libraries explain a programmer's mistakes at length. On the page nobody would read that: every check and throw stays,
// the explanation goes, and each reader's download is half a kilobyte smaller.
import type { Plugin } from "vite";

const libraries = /node_modules\/(@noble|canonicalize)\//;

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value;

/** The places of the arguments of `throw new XError(…)`. */
function* explanations(node: object): Generator<readonly [start: number, end: number]> {
  for (const value of Object.values(node) as unknown[]) {
    if (typeof value !== "object" || value === null) continue;
    if (isNode(value) && value.type === "ThrowStatement" && "argument" in value) {
      const { argument } = value;
      const arguments_ = isNode(argument) && "arguments" in argument ? argument.arguments : [];
      const [first, last] = Array.isArray(arguments_) ? [arguments_[0], arguments_.at(-1)] : [];
      if (isNode(first) && isNode(last)) yield [first.start, last.end];
    } else yield* explanations(value);
  }
}

export const shorterErrors: Plugin = {
  name: "maily-shorter-errors",
  apply: "build",
  transform(code, id) {
    if (!libraries.test(id)) return;
    let shorter = code;
    // From the end, so that the places before stay right.
    for (const [start, end] of [...explanations(this.parse(code))].reverse())
      shorter = shorter.slice(0, start) + shorter.slice(end);
    return { code: shorter, map: null };
  },
};
