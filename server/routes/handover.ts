// What a tenant may hand on, as JSON lines: facts for an agent's memory, examples to train with (SPEC §10.7).
import type { Context, Hono } from "hono";
import { trainingPurposes } from "../../sdk/activities.ts";
import { utf8 } from "../../sdk/bytes.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Example, Fact, HandoverHead, LeftOut } from "../../sdk/schema/handover.ts";
import { atMost } from "../at-most.ts";
import { factsOf, type Facts, type FactsAsked } from "../handover/facts.ts";
import { trainingOf } from "../handover/training.ts";
import { Words } from "../handover/words.ts";
import type { ServerParts } from "../parts.ts";
import { authoredIn, floorIn } from "./activities.ts";
import { campaignIn } from "./results.ts";

/** Under way: the warehouse reads for one at a time, and for everybody's results too. */
const handoversMax = 4;
const retryAfterSeconds = 2;
/** Lines in one piece of the stream. */
const linesPerChunk = 256;

/** JSON lines, made as they are read. */
function lines(head: HandoverHead, rest: readonly (Fact | Example)[]): Response {
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(utf8(`${JSON.stringify(head)}\n`));
    },
    pull(controller) {
      const some = rest.slice(next, next + linesPerChunk);
      next += some.length;
      if (some.length === 0) controller.close();
      else controller.enqueue(utf8(some.map((line) => `${JSON.stringify(line)}\n`).join("")));
    },
  });
  return new Response(body, {
    headers: { "content-type": "application/x-ndjson", "cache-control": "no-store" },
  });
}

/** Problems: `malformed-request` without a purpose; `purpose-unfit` for one that the notice does not name. */
function askedIn(c: Context, server: ServerParts): FactsAsked {
  const campaign = campaignIn(c, server);
  const purpose = authoredIn(c, "purpose");
  if (purpose === undefined)
    throw new Problem("malformed-request", { errors: ["purpose: name one of the notice"] });
  if (!campaign.notice.purposes.some(({ id }) => id === purpose))
    throw new Problem("purpose-unfit");
  return { campaign, purpose, floor: floorIn(c), asOf: Date.now() };
}

function headOf(
  { campaign, purpose, floor, asOf }: FactsAsked,
  { readers }: Facts,
  leftOut: readonly LeftOut[],
  { config }: ServerParts,
): HandoverHead {
  const words = new Words(campaign);
  return {
    kind: "head",
    campaign: campaign.id,
    title: words.title(),
    region: config.region,
    purpose,
    purposeText: words.purpose(purpose),
    notice: campaign.notice.version,
    floor,
    asOf: new Date(asOf).toISOString(),
    ...(readers !== undefined && { readers }),
    leftOut: [...leftOut],
  };
}

/** Facts and examples. */
export function handoverRoutes(app: Hono, server: ServerParts): void {
  const run = atMost(handoversMax, retryAfterSeconds);
  const facts = async (c: Context): Promise<Response> => {
    const asked = askedIn(c, server);
    const told = await server.warehouse.read((connection) => factsOf(connection, asked));
    return lines(headOf(asked, told, told.leftOut, server), told.facts);
  };
  const training = async (c: Context): Promise<Response> => {
    const asked = askedIn(c, server);
    if (!trainingPurposes(asked.campaign.notice).includes(asked.purpose))
      throw new Problem("purpose-unfit");
    const [told, { examples, leftOut }] = await server.warehouse.read(async (connection) => {
      const known = await factsOf(connection, asked);
      return [known, await trainingOf(connection, asked, known.facts)];
    });
    return lines(headOf(asked, told, [...told.leftOut, ...leftOut], server), examples);
  };
  app.get("/v1/campaigns/:id/facts", (c) => run(() => facts(c)));
  app.get("/v1/campaigns/:id/training", (c) => run(() => training(c)));
}
