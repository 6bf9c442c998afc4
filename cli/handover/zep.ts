// Facts into a graph of Zep's, one episode each, in their order. Zep has no key by which a repeat would be known: a journal on disk says
// what was sent, each episode carries its own name, and where nobody knows whether one arrived the graph is asked.
import { hash } from "node:crypto";
import { Problem } from "../../sdk/problem.ts";
import type { Fact, HandoverHead } from "../../sdk/schema/handover.ts";
import type { SendJournal } from "../send-journal.ts";
import type { Handover } from "./lines.ts";
import { call, type Call, type Service } from "./service.ts";

/** Zep's, of one episode (read in its documents, not measured). */
export const episodeCharactersMax = 10_000;
/** Episodes of the graph that are looked through for one that may have arrived: it would be among the newest. */
const newestAsked = 100;

export interface ZepGraph {
  readonly service: Service;
  readonly version: "v3" | "v4";
  /** v4: the graph's UUID; v3: its id. */
  readonly graph: string;
}

export interface Episode {
  /** 22 characters: the journal's name for it, and the one that it carries. */
  readonly name: string;
  readonly data: string;
  readonly referenceTime: string;
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** The same sentence in the same graph has one name, whenever it is asked for: what did not change is not sent again. */
const nameOf = ({ graph }: Pick<ZepGraph, "graph">, head: HandoverHead, fact: Fact): string =>
  hash(
    "sha256",
    JSON.stringify([graph, head.campaign, head.region, head.purpose, fact.id, fact.sentence]),
    "base64url",
  ).slice(0, 22);

/** What is sent of each fact. */
export const episodesOf = (
  graph: Pick<ZepGraph, "graph">,
  { head, lines }: Handover<Fact>,
): Episode[] =>
  lines.map((fact) => ({
    name: nameOf(graph, head, fact),
    data: `${fact.sentence} (Region ${head.region}; from ${fact.from.slice(0, 10)} to ${fact.to.slice(0, 10)}; readers agreed to: ${head.purposeText})`,
    referenceTime: fact.to,
    metadata: {
      maily: nameOf(graph, head, fact),
      campaign: head.campaign,
      region: head.region,
      purpose: head.purpose,
      fact: fact.id,
      readers: fact.readers,
      floor: head.floor,
    },
  }));

/** The request of one episode; a dry run writes the same. */
export function requestOf(
  { version, graph }: Pick<ZepGraph, "version" | "graph">,
  episode: Episode,
): Call {
  const { data, referenceTime, metadata } = episode;
  if (version === "v4")
    return {
      method: "POST",
      path: `/api/v4/graphs/${encodeURIComponent(graph)}/episodes`,
      json: { data, reference_time: referenceTime, metadata },
    };
  return {
    method: "POST",
    path: "/api/v2/graph",
    json: {
      graph_id: graph,
      type: "text",
      data,
      created_at: referenceTime,
      source_description: "Maily: aggregates of readers who agreed",
      metadata,
    },
  };
}

const listOf = ({ version, graph }: ZepGraph): Call =>
  version === "v4"
    ? {
        method: "POST",
        path: `/api/v4/graphs/${encodeURIComponent(graph)}/episodes/list?page_size=${newestAsked}&order=desc`,
        json: {},
      }
    : {
        method: "GET",
        path: `/api/v2/graph/episodes/graph/${encodeURIComponent(graph)}?lastn=${newestAsked}`,
      };

/** What a document of unknown shape has under these names. */
function within(document: unknown, ...names: string[]): unknown {
  let inner = document;
  for (const name of names) {
    if (typeof inner !== "object" || inner === null) return undefined;
    inner = (inner as Record<string, unknown>)[name]; // An object, by the look above.
  }
  return inner;
}

/** The episode as it lies in the graph, or undefined. */
async function found(graph: ZepGraph, name: string): Promise<unknown> {
  const { document } = await call(graph.service, listOf(graph));
  const episodes = within(document, graph.version === "v4" ? "items" : "episodes");
  if (!Array.isArray(episodes)) return undefined;
  return episodes.find((episode) => within(episode, "metadata", "maily") === name);
}

export interface ZepCounts {
  sent: number;
  /** By an earlier run. */
  skipped: number;
  /** Over Zep's size of an episode. */
  tooLong: number;
}

/** Sends what no earlier run with this journal sent. Problems: service-refused, server-unreachable; the same call goes on. */
export async function sendFacts(
  graph: ZepGraph,
  facts: Handover<Fact>,
  journal: SendJournal,
  onProgress: (counts: Readonly<ZepCounts>) => void = () => undefined,
): Promise<ZepCounts> {
  const counts: ZepCounts = { sent: 0, skipped: 0, tooLong: 0 };
  for (const episode of episodesOf(graph, facts)) {
    const state = journal.stateOf(episode.name);
    if (episode.data.length > episodeCharactersMax) counts.tooLong += 1;
    else if (state === "sent") counts.skipped += 1;
    else if (state === "trying" && (await found(graph, episode.name)) !== undefined) {
      // An earlier run was stopped while it was on its way, and it arrived.
      await journal.write(episode.name, "sent");
      counts.skipped += 1;
    } else {
      await journal.write(episode.name, "trying");
      await send(graph, episode, journal);
      counts.sent += 1;
    }
    onProgress(counts);
  }
  return counts;
}

async function send(graph: ZepGraph, episode: Episode, journal: SendJournal): Promise<void> {
  try {
    await call(graph.service, {
      ...requestOf(graph, episode),
      found: () => found(graph, episode.name),
    });
    await journal.write(episode.name, "sent");
  } catch (error) {
    // Refused for good: it surely did not arrive, and may be sent once that is mended.
    if (error instanceof Problem && error.code === "service-refused")
      await journal.write(episode.name, "postponed");
    throw error;
  }
}
