// What a page tells of its reader: from the bytes of the body to the row at the region.
import { canonicalBytes } from "../../../sdk/canonical.ts";
import { isProblemCode, Problem } from "../../../sdk/problem.ts";
import type { EdgeRecord } from "../../../sdk/schema/record.ts";
import { EventsAccepted, type EventsSubmission } from "../../../sdk/schema/submission.ts";
import { eventsRow } from "../../../server/read-events.ts";
import { eventsOf, watchingNotice } from "../../server/sealed.ts";
import type { Target, Verdict } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";
import { buildWorld, storedOf, type World } from "../world.ts";
import { refusalOf } from "./judged.ts";

const genuineInputs = 12;
const path = "/v1/events";

const said = ({ invitation, submissionId, consent, envelope }: EventsSubmission): string =>
  Buffer.from(canonicalBytes({ invitation, submissionId, consent, envelope })).toString();

/** What the edge took has a row at the region if it was sealed so, and otherwise a reason. */
async function takenOf(
  world: World,
  response: Response,
  genuine: ReadonlySet<string>,
): Promise<Verdict> {
  const { recordedAt } = EventsAccepted.parse(await response.json());
  const entry = world.kept.get(recordedAt);
  if (entry === undefined) return { is: "fault", why: "acknowledged, and not kept" };
  try {
    await eventsRow(storedOf(entry), world.reader);
  } catch (error) {
    if (error instanceof Problem && isProblemCode(error.code) && error.code !== "internal")
      return { is: "refused", code: `${error.code} at the region` };
    throw error;
  }
  const record = JSON.parse(entry.record) as EdgeRecord; // Our edge wrote it.
  const isGenuine = record.kind === "events" && genuine.has(said(record));
  return isGenuine ? { is: "same" } : { is: "accepted", why: entry.record };
}

export const events: Target = {
  name: "events",
  about: `POST ${path}, from the body's bytes to the region's row: whatever was not sealed so is refused on the way`,
  async prepare() {
    const world = await buildWorld({ notice: watchingNotice });
    const inputs: EventsSubmission[] = [];
    // One after the other: what each draws must not depend on which is ready first.
    while (inputs.length < genuineInputs) {
      const record = await eventsOf(world.keys, world.campaign);
      const { invitation, submissionId, consent, envelope } = record;
      inputs.push({ invitation, submissionId, consent, envelope });
    }
    const genuine = new Set(inputs.map(said));
    return {
      make: (random) => jsonBody(random, random.pick(inputs), random.pick(inputs)),
      async judge(input) {
        const response = await world.fetch(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: input.slice(),
        });
        return (await refusalOf(response)) ?? takenOf(world, response, genuine);
      },
      secrets: inputs.flatMap(({ invitation, envelope }) => [invitation, envelope]),
      close: () => world.close(),
    };
  },
};
