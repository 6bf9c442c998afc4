// Zep's HTTP interface as its documents say, v4 and v3: adding episodes to a graph and listing them.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { startPeer, type HttpPeer, type PeerAnswer, type PeerRequest } from "./http-peer.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const metadata = z
  .record(z.string(), z.union([scalar, z.array(scalar)]))
  .refine((map) => Object.keys(map).length <= 10, "more than 10 keys");
const data = z.string().min(1).max(10_000);

const AddV4 = z.strictObject({
  data,
  reference_time: z.iso.datetime().optional(),
  document_id: z.string().optional(),
  metadata: metadata.optional(),
});
const AddV3 = z.strictObject({
  data,
  type: z.enum(["text", "json", "message", "fact_triple"]),
  graph_id: z.string(),
  created_at: z.iso.datetime().optional(),
  source_description: z.string().optional(),
  metadata: metadata.optional(),
});

export interface KeptEpisode {
  readonly uuid: string;
  readonly graph: string;
  readonly content: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface ZepPeer extends HttpPeer {
  readonly episodes: readonly KeptEpisode[];
}

export async function startZep(key: string, graphs: readonly string[]): Promise<ZepPeer> {
  const episodes: KeptEpisode[] = [];
  const add = (graph: string, body: z.infer<typeof AddV4>): PeerAnswer => {
    const kept = { uuid: randomUUID(), graph, content: body.data, metadata: body.metadata ?? {} };
    episodes.push(kept);
    return { status: 202, json: kept };
  };
  const newest = (graph: string, count: number): KeptEpisode[] =>
    episodes
      .filter((episode) => episode.graph === graph)
      .toReversed()
      .slice(0, count);
  const answer = (request: PeerRequest): PeerAnswer => {
    if (request.headers["authorization"] !== `Api-Key ${key}`)
      return { status: 401, json: { message: "unauthorized" } };
    const v4 = /^\/api\/v4\/graphs\/([^/]+)\/episodes(\/list)?$/.exec(request.path);
    const v3 = /^\/api\/v2\/graph\/episodes\/graph\/([^/]+)$/.exec(request.path);
    const json = (): unknown => JSON.parse(request.body.toString() || "null");
    const graph = decodeURIComponent(v4?.[1] ?? v3?.[1] ?? "");
    if (graph !== "" && !graphs.includes(graph))
      return { status: 404, json: { message: "no graph" } };
    if (v4 !== null && request.method === "POST") {
      if (v4[2] !== undefined)
        return {
          status: 200,
          json: { items: newest(graph, Number(request.query.get("page_size") ?? 50)) },
        };
      const parsed = AddV4.safeParse(json());
      return parsed.success ? add(graph, parsed.data) : { status: 400, json: { message: "shape" } };
    }
    if (v3 !== null && request.method === "GET")
      return {
        status: 200,
        json: { episodes: newest(graph, Number(request.query.get("lastn") ?? 10)) },
      };
    if (request.path === "/api/v2/graph" && request.method === "POST") {
      const parsed = AddV3.safeParse(json());
      if (!parsed.success) return { status: 400, json: { message: "shape" } };
      const { graph_id: id, ...body } = parsed.data;
      return graphs.includes(id) ? add(id, body) : { status: 404, json: { message: "no graph" } };
    }
    return { status: 404, json: { message: "not found" } };
  };
  return { ...(await startPeer(answer)), episodes };
}
