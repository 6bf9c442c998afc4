// What the edge hands to a region's server, and what the server answers: neither trusts the other's bytes.
import { parseInvitation } from "../../../sdk/invitation.ts";
import { Problem } from "../../../sdk/problem.ts";
import { IntakeBatch, recordSchemas, type EdgeRecord } from "../../../sdk/schema/record.ts";
import { takeBatch } from "../../../server/intake.ts";
import { parseAs } from "../../../server/routes/answer.ts";
import { readRecord } from "../../../server/read-record.ts";
import { regionHeader, schemaHeader, sealedTopic } from "../../../server/stream/topics.ts";
import { inMailOf, preferencesOf, requestOf, codesOf } from "../../server/in-mail.ts";
import { answerOf, randomId, withdrawalOf } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";
import { buildWorld, type World } from "../world.ts";

async function recordsOf({ keys, campaign, choiceRoot }: World): Promise<EdgeRecord[]> {
  const reader = randomId(16);
  const choices = codesOf(choiceRoot, reader, { roast: [0, 1], stars: [2, 2] });
  return [
    await answerOf(keys, campaign),
    await answerOf(keys, campaign, { region: "us" }),
    await preferencesOf(keys, campaign),
    await inMailOf(keys, campaign, { choices, reader }),
    await requestOf(keys, campaign, "erase"),
    await withdrawalOf(keys, campaign),
  ];
}

const batch = (from: readonly EdgeRecord[]) => ({
  region: "eu",
  entries: from.map((record) => ({ record, receipt: "a.b.c" })),
});

/** Whose reader a record says it is of: its invitation, signed or not. */
function regionOf(text: string): string {
  const { invitation } = JSON.parse(text) as EdgeRecord; // The intake wrote it.
  return parseInvitation(invitation).body.region;
}

export const intake: Target = {
  name: "intake",
  about:
    "POST /v1/intake once its signature held: one result an entry, nothing of another region on the stream",
  async prepare() {
    const world = await buildWorld();
    const records = await recordsOf(world);
    return {
      make: (random) =>
        jsonBody(random, batch(records.slice(random.below(records.length))), batch(records)),
      async judge(input) {
        const appended: string[] = [];
        const stream = {
          append: (_: string, list: readonly { readonly value: Uint8Array }[]) => {
            for (const { value } of list) appended.push(Buffer.from(value).toString());
            return Promise.resolve();
          },
        };
        try {
          const parsed = parseAs(IntakeBatch, input.slice());
          const { results } = await takeBatch(parsed, { region: "eu", stream, seen: undefined });
          const stored = results.filter(({ status }) => status === "stored").length;
          if (results.length !== parsed.entries.length || stored !== appended.length)
            return { is: "fault", why: `${results.length} results, ${appended.length} appended` };
        } catch (error) {
          if (error instanceof Problem) return { is: "refused", code: error.code };
          throw error;
        }
        const foreign = appended.find((text) => regionOf(text) !== "eu");
        return foreign === undefined ? { is: "same" } : { is: "accepted", why: foreign };
      },
      secrets: records.map(({ invitation }) => invitation),
      close: () => world.close(),
    };
  },
};

export const streamRecord: Target = {
  name: "stream-record",
  about:
    "a record as it lies on the stream: a row or a dead letter with its reason, whatever wrote it",
  async prepare() {
    const world = await buildWorld();
    const records = await recordsOf(world);
    const genuine = new Set(
      records.map(({ invitation, submissionId }) => invitation + submissionId),
    );
    const schemas = Object.values(recordSchemas);
    return {
      // schema's index ‖ value
      make(random) {
        const value = jsonBody(random, random.pick(records), random.pick(records));
        return Uint8Array.from([random.below(256), ...value]);
      },
      async judge(input) {
        const value = input.slice(1);
        // The header that fits, mostly: another one is refused before anything is read.
        const [, kind = ""] = /"kind":"(\w+)"/.exec(Buffer.from(value).toString()) ?? [];
        const chosen = input[0] ?? 0;
        const schema =
          chosen < 16 || !Object.hasOwn(recordSchemas, kind)
            ? schemas[chosen % schemas.length]!
            : recordSchemas[kind as EdgeRecord["kind"]];
        const row = await readRecord(
          {
            topic: sealedTopic("eu"),
            partition: 0,
            offset: 0n,
            appendedAt: 0,
            key: "",
            value,
            headers: { [regionHeader]: "eu", [schemaHeader]: schema },
          },
          world.reader,
        );
        if (row.kind === "dead-letter")
          return row.code === "internal"
            ? { is: "fault", why: "a dead letter without a reason" }
            : { is: "refused", code: row.code };
        // Sealed kinds are bound to reader and id; a request or withdrawal is its invitation's bearer's.
        const { invitation, submissionId } = JSON.parse(
          Buffer.from(value).toString(),
        ) as EdgeRecord;
        const isBearers =
          row.kind === "request" ||
          row.kind === "withdrawal" ||
          (row.kind === "submission" && row.channel === "amp");
        const isOwn = isBearers || genuine.has(invitation + submissionId);
        return isOwn ? { is: "same" } : { is: "accepted", why: Buffer.from(value).toString() };
      },
      secrets: records.map(({ invitation }) => invitation),
      close: () => world.close(),
    };
  },
};
