// What readers did beyond the page, as lines for a terminal: revenue, and lift by what they answered.
import { Lifts, Revenue, type RevenueCell } from "../sdk/schema/insight.ts";
import { ask } from "./ask.ts";

interface Asked {
  readonly server: string;
  readonly campaign: string;
  readonly token: string;
  readonly floor: number | undefined;
}

const query = (floor: number | undefined): string => (floor === undefined ? "" : `?floor=${floor}`);

const fetched = (asked: Asked, what: string): Promise<unknown> =>
  ask(`${asked.server}/v1/campaigns/${asked.campaign}/${what}${query(asked.floor)}`, {
    headers: { authorization: `Bearer ${asked.token}` },
  });

/** Throws the server's Problem, such as activities-unwanted. */
export const fetchLifts = async (asked: Asked): Promise<Lifts> =>
  Lifts.parse(await fetched(asked, "lift"));

/** Throws the server's Problem, such as activities-unwanted. */
export const fetchRevenue = async (asked: Asked): Promise<Revenue> =>
  Revenue.parse(await fetched(asked, "revenue"));

const ratio = (value: number): string => value.toFixed(2);

/** The surest first, each with what it rests on. */
export function* liftLines({ lifts, tested, floor }: Lifts): Generator<string> {
  yield "";
  yield `Lift: ${tested} pairs of an option and a conduct compared, groups of ${floor} readers or more`;
  for (const { question, option, kind, label, often, chose, others, q } of lifts) {
    if (often === undefined || chose === undefined || others === undefined) continue;
    const conduct = label === null ? kind : `${kind} ${label}`;
    yield `  ${ratio(often.ratio).padStart(6)} × ${conduct}: chose ${option} for ${question}`;
    yield `           95 % ${ratio(often.low)} to ${ratio(often.high)}, ${chose.readers} and ${others.readers} readers, q ${(q ?? often.p).toPrecision(2)}`;
  }
  yield "  From each reader's answer on, per reader and day. q is the share of false findings among those as sure as this one.";
  yield "  An association, not a cause: nobody drew by lot who chose what.";
}

function* cellLines({
  readers,
  buyers,
  orders,
  conversion,
  revenue,
  withheld,
}: RevenueCell): Generator<string> {
  const of = readers === undefined ? "too few readers to tell" : `${readers} readers`;
  yield buyers === undefined || conversion === undefined
    ? `  ${of}; who bought is withheld (${withheld ?? "too-few"})`
    : `  ${of}, ${buyers} bought (${(100 * conversion.share).toFixed(1)} %, 95 % ${(100 * conversion.low).toFixed(1)} to ${(100 * conversion.high).toFixed(1)}), ${orders ?? 0} orders`;
  for (const { currency, amount, perReader, withheld: why } of revenue)
    yield amount === undefined || perReader === undefined
      ? `  ${currency}: withheld (${why ?? "too-few"})`
      : `  ${currency}: ${amount.toLocaleString("en")} in minor units, ${perReader.toFixed(1)} a reader`;
}

export function* revenueLines({ total }: Revenue): Generator<string> {
  yield "";
  yield "Revenue of readers who agree to be followed";
  yield* cellLines(total);
}
