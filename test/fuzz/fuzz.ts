// What a target is, and one run of cases against it.
import { createHash } from "node:crypto";
import { Random } from "./random.ts";

/**
 * What became of a case. `refused`: as it should be, by a problem's code. `same`: still what a genuine sender sent, however
 * it was written. The others are findings: `accepted` (taken, and nobody genuine made it), `fault` (a 5xx, or a rule of the
 * target broken). An exception that is no refusal is a `crash`.
 */
export type Verdict =
  | { readonly is: "refused"; readonly code: string }
  | { readonly is: "same" }
  | { readonly is: "accepted" | "fault"; readonly why: string };

/** A parser that meets the network, with genuine inputs to begin from. */
export interface Target {
  readonly name: string;
  /** What meets it, and what no case may do. */
  readonly about: string;
  prepare(): Promise<Prepared>;
}

/** Cases are bytes, so that a finding can be kept in a file. */
export interface Prepared {
  /** One case, all of it decided by `random`. */
  make(random: Random): Uint8Array;
  judge(input: Uint8Array): Promise<Verdict>;
  /** What no log line may ever hold. */
  readonly secrets?: readonly string[];
  close?(): void;
}

export interface Finding {
  readonly is: "accepted" | "fault" | "crash" | "logged";
  readonly why: string;
  /** base64 */
  readonly input: string;
  readonly index: number;
}

export interface Report {
  readonly target: string;
  readonly cases: number;
  readonly same: number;
  /** By problem code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
  /** SHA-256 of all cases in order: the same for a seed. */
  readonly digest: string;
  readonly seconds: number;
}

/** Cases judged at the same time, as a server has them. */
const together = 64;
const findingsKept = 20;
const whyCharactersMax = 600;

export interface Run {
  readonly cases: number;
  readonly seed: string;
  /** Judged first: what was found before. */
  readonly kept?: readonly Uint8Array[];
  /** Lines logged since the last call. */
  readonly logged?: () => readonly string[];
  readonly progress?: (done: number) => void;
}

/** Judges `cases` cases, and the kept ones. */
export async function fuzz(name: string, prepared: Prepared, run: Run): Promise<Report> {
  const { cases, seed, kept = [], logged, progress } = run;
  const refused: Record<string, number> = {};
  const findings: Finding[] = [];
  let findingsTotal = 0;
  let same = 0;
  const digest = createHash("sha256");
  const began = performance.now();
  const find = (is: Finding["is"], why: string, input: Uint8Array, index: number): void => {
    findingsTotal += 1;
    if (findings.length < findingsKept)
      findings.push({
        is,
        why: why.slice(0, whyCharactersMax),
        input: Buffer.from(input).toString("base64"),
        index,
      });
  };
  const judge = async (input: Uint8Array, index: number): Promise<void> => {
    try {
      const verdict = await prepared.judge(input);
      if (verdict.is === "same") same += 1;
      else if (verdict.is === "refused") refused[verdict.code] = (refused[verdict.code] ?? 0) + 1;
      else find(verdict.is, verdict.why, input, index);
    } catch (error) {
      find(
        "crash",
        error instanceof Error ? (error.stack ?? error.message) : String(error),
        input,
        index,
      );
    }
  };
  const total = kept.length + cases;
  for (let start = 0; start < total; start += together) {
    const inputs = Array.from({ length: Math.min(together, total - start) }, (_, offset) => {
      const index = start + offset;
      // Each case has a seed of its own: one can be repeated without those before it.
      return kept[index] ?? prepared.make(new Random(`${seed}|${index - kept.length}`));
    });
    for (const input of inputs) digest.update(input);
    await Promise.all(inputs.map((input, offset) => judge(input, start + offset - kept.length)));
    for (const line of logged?.() ?? []) {
      const secret = (prepared.secrets ?? []).find((candidate) => line.includes(candidate));
      if (secret !== undefined) find("logged", line, Buffer.from(secret), start);
    }
    progress?.(Math.min(total, start + together));
  }
  return {
    target: name,
    cases: total,
    same,
    refused,
    findings,
    findingsTotal,
    digest: digest.digest("hex"),
    seconds: (performance.now() - began) / 1000,
  };
}
