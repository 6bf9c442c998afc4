// What readers of a plan send, sealed before it is played: real cryptography, on threads of its own, has no place in virtual time.
import type { Submission } from "../../sdk/schema/submission.ts";
import type { ReaderStep, SealedStep } from "./plan.ts";
import { submissionOf, type Sealing, type World } from "./world.ts";

/** Kept by a process; beyond it all are forgotten. */
const sealedMax = 20_000;
const sealedBefore = new Map<string, Submission>();

/** The same content is the same bytes: sealed once a process. */
async function sealOnce(world: World, sealing: Sealing): Promise<Submission> {
  const { reader, kind, number, cups, givenAt, spoilt } = sealing;
  const name = [reader.name, kind, number, cups, givenAt, spoilt].join("|");
  const known = sealedBefore.get(name);
  if (known !== undefined) return known;
  const submission = await submissionOf(world, sealing);
  if (sealedBefore.size >= sealedMax) sealedBefore.clear();
  sealedBefore.set(name, submission);
  return submission;
}

export const isSealedStep = (step: ReaderStep): step is SealedStep =>
  step.kind === "answer" || step.kind === "preferences";

/** The submission of each step that has one. */
export async function sealAll(world: World, steps: readonly ReaderStep[]) {
  const sealed = new Map<ReaderStep, Submission>();
  for (const step of steps.filter(isSealedStep)) sealed.set(step, await sealOnce(world, step));
  return sealed;
}
