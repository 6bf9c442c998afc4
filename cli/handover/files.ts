// A dry run: the very bytes that would be sent, and what a person should know before they are.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Example, Fact, HandoverHead } from "../../sdk/schema/handover.ts";
import { writeWhole } from "../write-whole.ts";
import { datasetBody, datasetId, datasetOf, jobOf, type Training } from "./fireworks.ts";
import type { Handover } from "./lines.ts";
import { episodesOf, requestOf, type ZepGraph } from "./zep.ts";

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function readme(
  head: HandoverHead,
  { title, origin, what }: { title: string; origin: string; what: readonly string[] },
): string {
  const left = head.leftOut.map(({ what: name, why }) => `  - ${name}: ${why}`);
  return [
    `A dry run: nothing was sent. It would go to ${title}, ${origin}.`,
    "",
    `Campaign  ${head.title} (${head.campaign}), region ${head.region}, as of ${head.asOf}`,
    `Purpose   ${head.purpose}: ${head.purposeText} (notice ${head.notice})`,
    `Readers   ${head.readers === undefined ? `fewer than ${head.floor}` : head.readers} agree to it now; no number here is of fewer than ${head.floor}`,
    ...what,
    "",
    `Nobody's name, address or pseudonym is in it. From there on ${title} keeps it, under your contract with them; a reader who`,
    "takes consent back is not in what is sent later, and what was sent before is yours to take back there.",
    "",
    left.length === 0 ? "Nothing was left out." : "Left out:",
    ...left,
    "",
  ].join("\n");
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await writeWhole(file, text, 0o600);
    written.push(file);
  }
  return written;
}

/** What a reader's text could do to the layout of a Markdown file. */
const quoted = (text: string): string => text.replaceAll(/[\r\n]+/g, " ");

/** `facts.md`, `facts.jsonl`, `request.json`, `README.txt`. */
export function writeFacts(
  folder: string,
  graph: ZepGraph,
  facts: Handover<Fact>,
): Promise<string[]> {
  const { head, lines } = facts;
  const { title, origin } = graph.service;
  const requests = episodesOf(graph, facts).map((episode) => {
    const { method, path, json: body } = requestOf(graph, episode);
    return { method, url: origin + path, body };
  });
  return write(folder, {
    "facts.md": `# ${quoted(head.title)}\n\n${lines.map(({ sentence }) => `- ${quoted(sentence)}\n`).join("")}`,
    "facts.jsonl": lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    "request.json": json(requests),
    "README.txt": readme(head, {
      title,
      origin,
      what: [
        `Facts     ${lines.length}, one episode each, into the graph ${graph.graph} (${graph.version})`,
      ],
    }),
  });
}

/** `dataset.jsonl`, `request.json`, `README.txt`. */
export function writeTraining(
  folder: string,
  training: Training,
  examples: Handover<Example>,
): Promise<string[]> {
  const { head, lines } = examples;
  const id = datasetId(examples);
  const { title, origin } = training.service;
  const texts = lines.filter(({ source }) => source === "text").length;
  const base = `${origin}/v1/accounts/${training.account}`;
  return write(folder, {
    "dataset.jsonl": datasetOf(examples),
    "request.json": json([
      { method: "POST", url: `${base}/datasets`, body: datasetBody(examples, id) },
      { method: "POST", url: `${base}/datasets/${id}:upload`, body: "multipart: dataset.jsonl" },
      { method: "POST", url: `${base}/datasets/${id}:validateUpload`, body: {} },
      {
        method: "POST",
        url: `${base}/supervisedFineTuningJobs?supervisedFineTuningJobId=${id}`,
        body: jobOf(training, id),
      },
    ]),
    "README.txt": readme(head, {
      title,
      origin,
      what: [
        `Examples  ${lines.length}: ${lines.length - texts} facts, ${texts} texts that readers wrote, redacted and cleared`,
        `Trains    ${training.baseModel}, ${training.epochs} epochs, LoRA of rank ${training.loraRank}`,
      ],
    }),
  });
}
