// One request to one model, in either of two protocols. What a model says is text to show: nothing here or behind it acts on it.
import { z } from "zod";
import type { Model } from "./model-config.ts";

const answerBytesMax = 1_000_000;
const anthropicVersion = "2023-06-01";

export interface Prompt {
  readonly system: string;
  readonly question: string;
}

export interface ModelText {
  readonly text: string;
  /** What the model was not given the room to finish. */
  readonly truncated: boolean;
  readonly tokens: number;
}

/** Why a model gave nothing. It names no address, key or content. */
export class ModelFault extends Error {
  readonly again: boolean;
  readonly retryAfterMs: number;
  constructor(why: string, again: boolean, retryAfterMs = 0) {
    super(why);
    this.again = again;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Reached {
  readonly url: string;
  readonly key: string | undefined;
}

const Count = z.int().min(0).max(100_000_000);
const Completions = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.object({ total_tokens: Count }).optional(),
});
const Messages = z.object({
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  usage: z.object({ input_tokens: Count, output_tokens: Count }).optional(),
});

const requests = {
  "chat-completions": ({ model, maxTokens }: Model, { system, question }: Prompt) => ({
    model,
    max_tokens: maxTokens,
    messages: [
      { role: "system", content: system },
      { role: "user", content: question },
    ],
  }),
  messages: ({ model, maxTokens }: Model, { system, question }: Prompt) => ({
    model,
    max_tokens: maxTokens,
    system,
    messages: [{ role: "user", content: question }],
  }),
} as const;

const headersOf = ({ api }: Model, key: string | undefined): Record<string, string> => ({
  "content-type": "application/json",
  ...(api === "messages" && { "anthropic-version": anthropicVersion }),
  ...(key !== undefined &&
    (api === "messages" ? { "x-api-key": key } : { authorization: `Bearer ${key}` })),
});

/** Throws ModelFault. */
export async function callModel(model: Model, at: Reached, prompt: Prompt): Promise<ModelText> {
  const path = model.api === "messages" ? "messages" : "chat/completions";
  const body = await send(model, at, path, JSON.stringify(requests[model.api](model, prompt)));
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    throw new ModelFault("it answered no JSON", false);
  }
  const said = model.api === "messages" ? readMessages(document) : readCompletions(document);
  const text = plain(said.text);
  if (text === "") throw new ModelFault("it said nothing", false);
  // Who counts no tokens is counted by characters: about four make one.
  const tokens = said.tokens ?? Math.ceil((prompt.system + prompt.question + said.text).length / 4);
  return { text, truncated: said.truncated, tokens };
}

type Said = Omit<ModelText, "tokens"> & { readonly tokens: number | undefined };

function readCompletions(document: unknown): Said {
  const parsed = Completions.safeParse(document);
  const choice = parsed.data?.choices[0];
  if (choice === undefined) throw new ModelFault("its answer is malformed", false);
  return {
    text: choice.message.content ?? "",
    truncated: choice.finish_reason === "length",
    tokens: parsed.data?.usage?.total_tokens,
  };
}

function readMessages(document: unknown): Said {
  const parsed = Messages.safeParse(document);
  if (!parsed.success) throw new ModelFault("its answer is malformed", false);
  const { content, stop_reason: reason, usage } = parsed.data;
  return {
    text: content.map(({ type, text }) => (type === "text" ? (text ?? "") : "")).join(""),
    truncated: reason === "max_tokens",
    tokens: usage && usage.input_tokens + usage.output_tokens,
  };
}

/** Without what R1 thinks aloud, and without what a terminal would take for a command. */
const plain = (text: string): string =>
  text
    .replace(/^[\s\S]*<\/think>/, "")
    .replace(/<think>[\s\S]*$/, "")
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "")
    .trim();

async function send(model: Model, at: Reached, path: string, body: string): Promise<string> {
  try {
    const response = await fetch(`${at.url.replace(/\/$/, "")}/${path}`, {
      method: "POST",
      headers: headersOf(model, at.key),
      body,
      // The key is for this address and no other.
      redirect: "error",
      signal: AbortSignal.timeout(model.timeoutSeconds * 1000),
    });
    if (response.ok) return await readAtMost(response);
    await response.body?.cancel();
    const again = response.status === 429 || response.status >= 500;
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    throw new ModelFault(
      `it answered ${response.status}`,
      again,
      Number.isFinite(seconds) ? seconds * 1000 : 0,
    );
  } catch (error) {
    if (error instanceof ModelFault) throw error;
    const late = error instanceof Error && error.name === "TimeoutError";
    throw new ModelFault(late ? "it took too long" : "it cannot be reached", true);
  }
}

async function readAtMost(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw new ModelFault("its answer is too long", false);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
