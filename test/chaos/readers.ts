// Readers whose devices do what the page does: send a sealed answer, and send the same one again until it is taken.
import { setTimeout as sleep } from "node:timers/promises";
import type { Region } from "../../sdk/region.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import type { LedgerEntry } from "./reconcile.ts";

export interface PreparedAnswer {
  readonly region: Region;
  readonly submission: Submission;
}

export interface SendingOptions {
  readonly edge: string;
  readonly answers: readonly PreparedAnswer[];
  /** Answers a second over all regions, while nothing holds them up. */
  readonly perSecond: number;
  /** Devices a region that send at the same time; one that is refused waits and does not hold up other regions. */
  readonly devicesPerRegion: number;
  readonly giveUpMs: number;
}

export interface Sent {
  readonly ledger: readonly LedgerEntry[];
  /** How often each status was answered; `unreachable` where nothing answered. */
  readonly statuses: ReadonlyMap<string, number>;
  /** Acknowledged, sent again on purpose, and answered with another receipt or none. */
  readonly otherReceipts: readonly string[];
}

const repeatEvery = 10;
const pauseMsMin = 100;
const pauseMsMax = 1_000;
const answerMsMax = 15_000;

/** Sends every answer; `progress` is told how many are acknowledged, after each. */
export async function sendAll(
  options: SendingOptions,
  progress: (acknowledged: number) => void,
): Promise<Sent> {
  const ledger: LedgerEntry[] = [];
  const statuses = new Map<string, number>();
  const otherReceipts: string[] = [];
  let acknowledged = 0;

  const post = async (submission: Submission): Promise<{ status: string; receipt: string }> => {
    try {
      const response = await fetch(`${options.edge}/v1/answers`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(submission),
        signal: AbortSignal.timeout(answerMsMax),
      });
      const body = (await response.json()) as { receipt?: string }; // A receipt or a problem.
      return { status: String(response.status), receipt: body.receipt ?? "" };
    } catch {
      return { status: "unreachable", receipt: "" };
    }
  };
  const counted = async (submission: Submission): ReturnType<typeof post> => {
    const answer = await post(submission);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    return answer;
  };
  /** The receipt, or undefined when the device gives up. */
  const deliver = async (submission: Submission): Promise<string | undefined> => {
    const deadline = Date.now() + options.giveUpMs;
    for (let attempt = 0; Date.now() < deadline; attempt++) {
      const { status, receipt } = await counted(submission);
      if (status === "202") return receipt;
      await sleep(Math.min(pauseMsMax, pauseMsMin * 2 ** attempt) * (0.5 + Math.random() / 2));
    }
    return undefined;
  };
  const device = async (answers: readonly PreparedAnswer[], perSecond: number): Promise<void> => {
    const began = Date.now();
    for (const [index, { region, submission }] of answers.entries()) {
      await sleep(Math.max(0, began + (index * 1_000) / perSecond - Date.now()));
      const receipt = await deliver(submission);
      const { submissionId } = submission;
      ledger.push({ submissionId, region, acknowledged: receipt !== undefined });
      if (receipt === undefined) continue;
      progress(++acknowledged);
      // As a device does whose network dropped the answer: the same submission must bring the same receipt.
      if (acknowledged % repeatEvery === 0 && (await deliver(submission)) !== receipt)
        otherReceipts.push(submissionId);
    }
  };
  const devices: Promise<void>[] = [];
  const byRegion = Map.groupBy(options.answers, ({ region }) => region);
  const perDevice = options.perSecond / (byRegion.size * options.devicesPerRegion);
  for (const answers of byRegion.values())
    for (let index = 0; index < options.devicesPerRegion; index++)
      devices.push(
        device(
          answers.filter((_, position) => position % options.devicesPerRegion === index),
          perDevice,
        ),
      );
  await Promise.all(devices);
  return { ledger, statuses, otherReceipts };
}
