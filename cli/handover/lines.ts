// What a region's server gives to be handed on, line by line, each checked.
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { z } from "zod";
import { isProblemCode, Problem } from "../../sdk/problem.ts";
import {
  ExampleLine,
  FactLine,
  handoverLimits,
  type Example,
  type Fact,
  type HandoverHead,
} from "../../sdk/schema/handover.ts";

/** The whole answer; a server sends far less. */
const answerMilliseconds = 120_000;
const linesMax = handoverLimits.facts + handoverLimits.texts + 1;

export interface HandoverSource {
  readonly server: string;
  readonly campaign: string;
  readonly token: string;
  readonly purpose: string;
  readonly floor: number | undefined;
}

export interface Handover<Line> {
  readonly head: HandoverHead;
  readonly lines: readonly Line[];
}

const stranger = (server: string): Problem =>
  new Problem("configuration-invalid", {
    detail: `${server} does not answer what was expected. Check that it is a region's server of the same release.`,
  });

async function open(source: HandoverSource, what: "facts" | "training"): Promise<Response> {
  const query = new URLSearchParams({ purpose: source.purpose });
  if (source.floor !== undefined) query.set("floor", String(source.floor));
  const response = await fetch(
    `${source.server}/v1/campaigns/${source.campaign}/${what}?${query}`,
    {
      headers: { authorization: `Bearer ${source.token}` },
      signal: AbortSignal.timeout(answerMilliseconds),
    },
  ).catch(() => {
    throw new Problem("server-unreachable", {
      detail: `${source.server} does not answer. Check the address, and that it is running.`,
    });
  });
  if (response.ok) return response;
  const document = (await response.json().catch(() => ({}))) as Record<string, unknown>; // Anything; looked at below.
  const code = document["code"];
  throw new Problem(isProblemCode(code) ? code : "internal", {
    ...(document["errors"] !== undefined && { errors: document["errors"] }),
  });
}

async function read<Line>(
  source: HandoverSource,
  what: "facts" | "training",
  schema: z.ZodType<HandoverHead | Line>,
  isHead: (line: HandoverHead | Line) => line is HandoverHead,
): Promise<Handover<Line>> {
  const response = await open(source, what);
  if (response.body === null) throw stranger(source.server);
  // The same stream; the two libraries' types do not know of each other.
  const input = Readable.fromWeb(response.body as ReadableStream);
  const lines: Line[] = [];
  let head: HandoverHead | undefined;
  let count = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    const parsed = schema.safeParse(
      await Promise.resolve(text)
        .then((json): unknown => JSON.parse(json))
        .catch(() => undefined),
    );
    if (!parsed.success || ++count > linesMax) throw stranger(source.server);
    if (isHead(parsed.data)) head = parsed.data;
    else lines.push(parsed.data);
  }
  if (head === undefined) throw stranger(source.server);
  return { head, lines };
}

/** Facts of a campaign that may be told for a purpose. Throws the server's Problem, such as purpose-unfit. */
export const fetchFacts = (source: HandoverSource): Promise<Handover<Fact>> =>
  read<Fact>(source, "facts", FactLine, (line): line is HandoverHead => line.kind === "head");

/** Examples to train with. Throws the server's Problem, such as purpose-unfit. */
export const fetchTraining = (source: HandoverSource): Promise<Handover<Example>> =>
  read<Example>(
    source,
    "training",
    ExampleLine,
    (line): line is HandoverHead => line.kind === "head",
  );
