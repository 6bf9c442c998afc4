// Examples into a data set of Fireworks', and a job that trains a small addition (LoRA) to a model with them. The data set is named by its
// content and the job by the data set: whatever is repeated finds what is there.
import { createHmac, hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../sdk/problem.ts";
import type { Example } from "../../sdk/schema/handover.ts";
import type { Handover } from "./lines.ts";
import { call, type Answer, type Service } from "./service.ts";

/** Fireworks' own, of one upload by a request (read in its documents). */
export const datasetBytesMax = 150_000_000;
export const examplesMin = 3;
const examplesMax = 3_000_000;
/** Looks at a data set until it is ready. */
const looksMax = 60;

export interface Training {
  readonly service: Service;
  readonly account: string;
  readonly baseModel: string;
  readonly epochs: number;
  readonly loraRank: number;
  readonly learningRate: number | undefined;
}

/** One example a line, as Fireworks reads them. */
export const datasetOf = ({ lines }: Handover<Example>): string =>
  lines.map(({ messages }) => `${JSON.stringify({ messages })}\n`).join("");

/** Lower-case letters, digits and hyphens: what Fireworks takes. */
export const datasetId = ({ head, lines }: Handover<Example>): string => {
  const content = JSON.stringify([head.campaign, head.region, head.purpose]);
  return `maily-${hash("sha256", content + datasetOf({ head, lines })).slice(0, 24)}`;
};

const resource = (account: string, kind: string, id: string): string =>
  `accounts/${account}/${kind}/${id}`;

/** The body of the job; a dry run writes the same. */
export const jobOf = (
  { account, baseModel, epochs, loraRank, learningRate }: Training,
  id: string,
) => ({
  displayName: id,
  dataset: resource(account, "datasets", id),
  baseModel,
  outputModel: resource(account, "models", id),
  epochs,
  loraRank,
  ...(learningRate !== undefined && { learningRate }),
});

/** The body that makes the data set. */
export const datasetBody = ({ head, lines }: Handover<Example>, id: string) => ({
  datasetId: id,
  dataset: {
    displayName: `${head.campaign} ${head.purpose}`,
    exampleCount: String(lines.length),
    userUploaded: {},
    format: "CHAT",
  },
});

/** Of a text, for whoever has the manifest alone: without the salt, which stays with it, short texts could be guessed. */
export const textDigest = (salt: string, { messages }: Example): string =>
  createHmac("sha256", salt).update(JSON.stringify(messages)).digest("base64url").slice(0, 22);

/** Problem service-refused where Fireworks would not take it. */
export function checkSize(examples: Handover<Example>): void {
  const bytes = Buffer.byteLength(datasetOf(examples));
  const { length } = examples.lines;
  const why =
    length < examplesMin
      ? `There are ${length} examples; Fireworks takes ${examplesMin} at least. Lower the floor, or wait for more readers.`
      : length > examplesMax || bytes > datasetBytesMax
        ? `The data set has ${length} examples and ${bytes} bytes; Fireworks takes ${examplesMax} and ${datasetBytesMax} at most. Raise the floor.`
        : undefined;
  if (why !== undefined) throw new Problem("service-refused", { detail: why });
}

const stateOf = ({ document }: Answer): string => {
  const state = (document as { readonly state?: unknown } | undefined)?.state; // Looked at, not trusted.
  return typeof state === "string" ? state : "";
};

/** Makes the data set, uploads it, has it checked, and waits until it is ready. Nothing is repeated that is there. */
async function uploadDataset(
  { service, account }: Training,
  examples: Handover<Example>,
): Promise<string> {
  const id = datasetId(examples);
  const base = `/v1/accounts/${encodeURIComponent(account)}/datasets`;
  const look = (): Promise<Answer> =>
    call(service, { method: "GET", path: `${base}/${id}`, accepts: [404] });
  const known = await look();
  if (known.status === 404)
    // 409: a first try arrived, and its answer did not.
    await call(service, {
      method: "POST",
      path: base,
      json: datasetBody(examples, id),
      accepts: [409],
    });
  for (let looks = 0; looks < looksMax; looks++) {
    const state = stateOf(await look());
    if (state === "READY") return id;
    if (looks === 0 || state === "UPLOADING") {
      const body = new FormData();
      body.set(
        "file",
        new Blob([datasetOf(examples)], { type: "application/jsonl" }),
        `${id}.jsonl`,
      );
      await call(service, { method: "POST", path: `${base}/${id}:upload`, body });
      await call(service, { method: "POST", path: `${base}/${id}:validateUpload`, json: {} });
    }
    await sleep(Math.min(service.firstWaitMilliseconds * 2 ** looks, 10_000));
  }
  throw new Problem("server-unreachable", {
    detail: `${service.title} has not made the data set ready. Run the same command again later: nothing is sent twice.`,
  });
}

/** Deletes a data set; one that is not there is as good. */
export const deleteDataset = async (
  { service, account }: Pick<Training, "service" | "account">,
  id: string,
): Promise<void> => {
  await call(service, {
    method: "DELETE",
    path: `/v1/accounts/${encodeURIComponent(account)}/datasets/${encodeURIComponent(id)}`,
    accepts: [404],
  });
};

export interface Handed {
  readonly dataset: string;
  readonly job: string;
}

/**
 * Hands the examples over and starts the job. `stillAllowed` is asked once they are uploaded, before anything learns from them:
 * where it says no, the data set is deleted again. Problems: service-refused, server-unreachable, rebuild-needed.
 */
export async function train(
  training: Training,
  examples: Handover<Example>,
  stillAllowed: () => Promise<boolean>,
): Promise<Handed> {
  checkSize(examples);
  const dataset = await uploadDataset(training, examples);
  if (!(await stillAllowed())) {
    await deleteDataset(training, dataset);
    throw new Problem("rebuild-needed", {
      detail:
        "A reader took consent back while the data set was uploaded. It was deleted again; run the same command once more.",
    });
  }
  const { service, account } = training;
  const jobs = `/v1/accounts/${encodeURIComponent(account)}/supervisedFineTuningJobs`;
  const there = await call(service, { method: "GET", path: `${jobs}/${dataset}`, accepts: [404] });
  if (there.status === 404)
    await call(service, {
      method: "POST",
      path: `${jobs}?supervisedFineTuningJobId=${dataset}`,
      json: jobOf(training, dataset),
      accepts: [409],
    });
  return { dataset, job: resource(account, "supervisedFineTuningJobs", dataset) };
}

/** Which of a manifest's texts may not be used any more. */
export function goneFrom(
  manifest: { readonly salt: string; readonly texts: readonly string[] },
  { lines }: Handover<Example>,
): string[] {
  const now = new Set(
    lines.filter(({ source }) => source === "text").map((line) => textDigest(manifest.salt, line)),
  );
  return manifest.texts.filter((digest) => !now.has(digest));
}
