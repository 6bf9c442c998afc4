// Fireworks' control plane as its documents say: data sets (create, upload, validate, get, delete) and fine-tuning jobs.
import { z } from "zod";
import { startPeer, type HttpPeer, type PeerAnswer, type PeerRequest } from "./http-peer.ts";

const uploadBytesMax = 150_000_000;
const name = /^[a-z0-9-]{1,63}$/;

const CreateDataset = z.strictObject({
  datasetId: z.string().regex(name),
  dataset: z.strictObject({
    displayName: z.string().max(200),
    exampleCount: z.string().regex(/^\d+$/),
    userUploaded: z.strictObject({}),
    format: z.enum(["CHAT", "COMPLETION", "RL"]),
  }),
});
const CreateJob = z.strictObject({
  displayName: z.string(),
  dataset: z.string().regex(/^accounts\/[\w-]+\/datasets\/[a-z0-9-]+$/),
  baseModel: z.string().regex(/^accounts\/fireworks\/models\/[\w-]+$/),
  outputModel: z.string().regex(/^accounts\/[\w-]+\/models\/[a-z0-9-]+$/),
  epochs: z.int().min(1),
  loraRank: z.int().min(1).max(32),
  learningRate: z.number().optional(),
});
const Line = z.strictObject({
  messages: z
    .array(
      z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string().min(1) }),
    )
    .min(2)
    .refine(
      (messages) => messages.slice(1).every(({ role }) => role !== "system"),
      "a late system",
    ),
});

export interface KeptDataset {
  readonly id: string;
  readonly exampleCount: number;
  state: "UPLOADING" | "UPLOADED" | "READY";
  lines: z.infer<typeof Line>[];
  uploads: number;
}

export interface FireworksPeer extends HttpPeer {
  readonly datasets: Map<string, KeptDataset>;
  readonly jobs: Map<string, z.infer<typeof CreateJob>>;
}

const refused = (status: number, message: string): PeerAnswer => ({ status, json: { message } });

async function upload(dataset: KeptDataset, request: PeerRequest): Promise<PeerAnswer> {
  if (request.body.length > uploadBytesMax) return refused(413, "too large");
  const type = String(request.headers["content-type"]);
  const form = await new Response(new Uint8Array(request.body), {
    headers: { "content-type": type },
  }).formData();
  const file = form.get("file");
  if (!(file instanceof Blob)) return refused(400, "no file");
  const lines = (await file.text()).split("\n").filter((line) => line !== "");
  const parsed = lines.map((line) => Line.safeParse(JSON.parse(line)));
  if (parsed.some(({ success }) => !success)) return refused(400, "a line is no example");
  dataset.lines = parsed.flatMap(({ data }) => (data === undefined ? [] : [data]));
  dataset.state = "UPLOADED";
  dataset.uploads += 1;
  return { status: 200, json: { id: dataset.id, object: "file", bytes: file.size } };
}

export async function startFireworks(key: string, account: string): Promise<FireworksPeer> {
  const datasets = new Map<string, KeptDataset>();
  const jobs = new Map<string, z.infer<typeof CreateJob>>();
  const datasetAnswer = async (
    id: string,
    verb: string | undefined,
    request: PeerRequest,
  ): Promise<PeerAnswer> => {
    const dataset = datasets.get(id);
    if (dataset === undefined) return refused(404, "no data set");
    if (request.method === "POST" && verb === "upload") return upload(dataset, request);
    if (request.method === "POST" && verb === "validateUpload") {
      if (dataset.state === "UPLOADING") return refused(400, "nothing uploaded");
      if (dataset.lines.length !== dataset.exampleCount || dataset.lines.length < 3)
        return refused(400, "not as many examples as said");
      dataset.state = "READY";
      return { status: 200 };
    }
    if (request.method === "DELETE") {
      datasets.delete(id);
      return { status: 200 };
    }
    return {
      status: 200,
      json: { name: `accounts/${account}/datasets/${id}`, state: dataset.state },
    };
  };
  const create = (request: PeerRequest): PeerAnswer => {
    const parsed = CreateDataset.safeParse(JSON.parse(request.body.toString()));
    if (!parsed.success) return refused(400, "shape");
    const { datasetId: id, dataset } = parsed.data;
    if (datasets.has(id)) return refused(409, "there already");
    datasets.set(id, {
      id,
      exampleCount: Number(dataset.exampleCount),
      state: "UPLOADING",
      lines: [],
      uploads: 0,
    });
    return { status: 200, json: { name: id, state: "UPLOADING" } };
  };
  const start = (request: PeerRequest): PeerAnswer => {
    const id = request.query.get("supervisedFineTuningJobId") ?? "";
    const parsed = CreateJob.safeParse(JSON.parse(request.body.toString()));
    if (!parsed.success || !name.test(id)) return refused(400, "shape");
    if (jobs.has(id)) return refused(409, "there already");
    if (datasets.get(parsed.data.dataset.split("/").at(-1) ?? "")?.state !== "READY")
      return refused(400, "the data set is not ready");
    jobs.set(id, parsed.data);
    return { status: 200, json: { name: id, state: "JOB_STATE_CREATING" } };
  };
  const answer = async (request: PeerRequest): Promise<PeerAnswer> => {
    if (request.headers["authorization"] !== `Bearer ${key}`) return refused(401, "unauthorized");
    const path = new RegExp(
      `^/v1/accounts/${account}/(datasets|supervisedFineTuningJobs)(?:/([a-z0-9-]+))?(?::(\\w+))?$`,
    ).exec(request.path);
    if (path === null) return refused(404, "not found");
    const [, kind, id, verb] = path;
    if (kind === "datasets")
      return id === undefined ? create(request) : datasetAnswer(id, verb, request);
    if (id === undefined) return start(request);
    return jobs.has(id) ? { status: 200, json: { name: id } } : refused(404, "no job");
  };
  return { ...(await startPeer(answer)), datasets, jobs };
}
