// What readers know for themselves: what they sent, when, and what they were told.
import { createHash } from "node:crypto";
import type { ReaderStep } from "./plan.ts";

/** One step of a reader, after all its tries. Times in virtual milliseconds. */
export interface Told {
  readonly step: ReaderStep;
  readonly sentAt: number;
  /** When the reader heard, or gave up. */
  readonly heardAt: number;
  readonly outcome:
    | { readonly kind: "acknowledged"; readonly receipt: string; readonly confirm: boolean }
    | { readonly kind: "refused"; readonly code: string }
    /** Nobody knows: it may be stored or not. */
    | { readonly kind: "unknown" };
}

export type Acknowledged = Told & {
  readonly outcome: Extract<Told["outcome"], { kind: "acknowledged" }>;
};

export const isAcknowledged = (told: Told): told is Acknowledged =>
  told.outcome.kind === "acknowledged";

/** The parts of a receipt that a run looks at. */
export interface ReceiptSaid {
  /** base64url of the SHA-256 of its payload. */
  readonly id: string;
  /** Unix milliseconds of its admission. */
  readonly admittedAt: number;
}

/** Reads the receipt that an acknowledgement came with. */
export function receiptSaid({ outcome }: Acknowledged): ReceiptSaid {
  const payload = Buffer.from(outcome.receipt.split(".")[1] ?? "", "base64url");
  const receipt = JSON.parse(payload.toString()) as { "dct:created": string }; // The edge's own.
  return {
    id: createHash("sha256").update(payload).digest("base64url"),
    admittedAt: Date.parse(receipt["dct:created"]),
  };
}

/** In plain words, for the trace. */
export function describeStep(step: ReaderStep): string {
  const { reader } = step;
  switch (step.kind) {
    case "answer":
    case "preferences":
      return `${reader.name}'s ${step.kind} ${step.number} (${step.cups}${step.spoilt ? ", spoilt" : ""})`;
    case "withdrawal":
      return `${reader.name}'s withdrawal`;
    case "request":
      return `${reader.name}'s wish to ${step.request} ${step.number}`;
  }
}
