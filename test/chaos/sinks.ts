// What lies beyond the warehouse when all is over: opened records, rows in Snowflake, and what segments counted.
import { textOf } from "../../sdk/bytes.ts";
import { regions, type Region } from "../../sdk/region.ts";
import { Segment, SegmentState } from "../../sdk/schema/segment.ts";
import { openedTopic } from "../../server/stream/topics.ts";
import type { Reconciliation } from "./reconcile.ts";
import { askWarehouse, idOf, readTopic } from "./stores.ts";
import type { World } from "./world.ts";

const requestMilliseconds = 10_000;

/** Of an opened record what tells which submission it is of. */
interface Opened {
  readonly kind: string;
  readonly id: string;
  readonly region: string;
  readonly reader: string;
  readonly submissionId: string;
}

/** States follow from answers and withdrawals, and campaigns are nobody's. */
const isOfSubmission = ({ kind }: Opened): boolean => kind === "answer" || kind === "withdrawal";

function count(
  place: "opened" | "snowflake",
  region: Region,
  { kind, reader, submissionId, region: named }: Opened,
  reconciliation: Reconciliation,
): void {
  const pseudonym = idOf(reader);
  const id = kind === "withdrawal" ? pseudonym : idOf(submissionId);
  reconciliation.found(place, region, { id, reader: pseudonym, region: named });
}

/** As a consumer counts: a record's id once. */
export async function countOpened(
  world: World,
  region: Region,
  reconciliation: Reconciliation,
): Promise<void> {
  const seen = new Set<string>();
  await readTopic(world, region, openedTopic(region), ({ value }) => {
    const record = JSON.parse(textOf(value)) as Opened; // Ingest wrote it by its schema.
    if (!isOfSubmission(record)) return;
    if (seen.has(record.id)) return reconciliation.again("opened", region);
    seen.add(record.id);
    count("opened", region, record, reconciliation);
  });
}

/** Rows by the offset they came from, and then by id, as the views there do. */
export function countLanded(world: World, region: Region, reconciliation: Reconciliation): void {
  const offsets = new Set<string>();
  const seen = new Set<string>();
  for (const { channel, record } of world.snowflake[region].tables.get("RECORDS")?.rows ?? []) {
    const { offset } = record["RECORD_METADATA"] as { offset: number }; // The sink adds it to each row.
    const place = `${channel} ${offset}`;
    if (offsets.has(place)) reconciliation.again("snowflake", region);
    offsets.add(place);
    const opened = record as unknown as Opened; // As the topic has it.
    if (!isOfSubmission(opened) || seen.has(opened.id)) continue;
    seen.add(opened.id);
    count("snowflake", region, opened, reconciliation);
  }
}

const drinks = ["tea", "coffee"] as const;
const chosen = (drink: string): string =>
  `SELECT reader FROM current_answers WHERE question = 'drink' AND option_id = '${drink}'`;

const tenant = ({ keys }: World): Record<string, string> => ({
  authorization: `Bearer ${keys.tenant.token}`,
  "content-type": "application/json",
});

/** One segment an option of the sample's first question, in every region. */
export async function putSegments(world: World): Promise<void> {
  for (const region of regions)
    for (const drink of drinks) {
      const segment = Segment.parse({
        id: drink,
        campaign: world.manifest.id,
        name: drink,
        purpose: "results",
        floor: 5,
        owner: "chaos@tea.example",
        sql: chosen(drink),
      });
      const response = await fetch(`${world.running.servers[region]}/v1/segments/${drink}`, {
        method: "PUT",
        headers: tenant(world),
        body: JSON.stringify(segment),
        signal: AbortSignal.timeout(requestMilliseconds),
      });
      if (!response.ok) throw new Error(`${region} answered ${response.status} to a segment`);
      await response.body?.cancel();
    }
}

export type Sizes = Readonly<Record<Region, Readonly<Record<string, number>>>>;

/** What each region tells of its segments; 0 where it tells nothing. */
export async function segmentSizes(world: World): Promise<Sizes> {
  const of = async (region: Region): Promise<Record<string, number>> => {
    const response = await fetch(`${world.running.servers[region]}/v1/segments`, {
      headers: tenant(world),
      signal: AbortSignal.timeout(requestMilliseconds),
    });
    const { segments } = (await response.json()) as { segments: unknown[] }; // The server's.
    return Object.fromEntries(
      segments
        .map((each) => SegmentState.parse(each))
        .map(({ segment, size = 0 }) => [segment, size]),
    );
  };
  return { eu: await of("eu"), us: await of("us"), apac: await of("apac") };
}

/** The same by the segments' own SQL, of readers who agree, once the servers have stopped. */
export async function countedBySql(world: World): Promise<Sizes> {
  const of = async (region: Region): Promise<Record<string, number>> => {
    const sizes: Record<string, number> = {};
    for (const drink of drinks)
      await askWarehouse(
        world,
        region,
        `SELECT count(DISTINCT m.reader) FROM (${chosen(drink)}) m JOIN current_purposes p
           ON p.reader = m.reader AND p.purpose = 'results'`,
        ([size]) => {
          sizes[drink] = Number(size);
        },
      );
    return sizes;
  };
  return { eu: await of("eu"), us: await of("us"), apac: await of("apac") };
}
