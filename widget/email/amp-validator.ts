// The AMP project's own validator, held in the tree and run offline (amp-validator/README.md).
import { readFile } from "node:fs/promises";
import { createContext, Script } from "node:vm";

export interface AmpFinding {
  /** From 1. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
  /** The validator's own, such as `DISALLOWED_TAG`. */
  readonly code: string;
  readonly message: string;
  readonly severity: "error" | "warning";
}

interface RawFinding {
  readonly line?: number;
  readonly col?: number;
  readonly code: string;
  readonly severity: string;
}

interface Validator {
  init(): Promise<unknown>;
  validateString(html: string, format: "AMP4EMAIL"): { readonly errors: readonly RawFinding[] };
  renderErrorMessage(finding: RawFinding): string;
}

const source = new URL("amp-validator/validator_wasm.js", import.meta.url);

let loading: Promise<Validator> | undefined;

async function load(): Promise<Validator> {
  const script = new Script(await readFile(source, "utf8"), { filename: source.pathname });
  // A context of its own: the script writes globals, and has neither `process` nor `require` there.
  const context = createContext({});
  script.runInContext(context);
  // What the script is known to leave behind; the test would fail at once were it not so.
  const { validator } = context["amp"] as { validator: Validator };
  await validator.init();
  return validator;
}

/** What the AMP4EMAIL rules say of `html`, in its order; empty where it passes. The first call takes the time of loading 4 MB. */
export async function validateAmp(html: string): Promise<AmpFinding[]> {
  loading ??= load();
  const validator = await loading;
  return validator.validateString(html, "AMP4EMAIL").errors.map((finding) => ({
    line: finding.line ?? 1,
    column: finding.col ?? 0,
    code: finding.code,
    message: validator.renderErrorMessage(finding),
    severity: finding.severity === "ERROR" ? "error" : "warning",
  }));
}
