// config/models.yaml: which models the example agents may ask. Keys are named by their variables and never stand in the file.
import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";

const fileCharactersMax = 65_536;
export const modelLimits = {
  models: 8,
  retries: 5,
  timeoutSeconds: 300,
  maxTokens: 32_000,
  calls: 1_000,
  tokens: 10_000_000,
} as const;

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);
/** A key sent in the clear is a key given away. */
export const isModelUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === "https:" || (url.protocol === "http:" && loopback.has(url.hostname))) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ""
  );
};

const Variable = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, "set it to the name of a variable, such as DEEPSEEK_API_KEY");

export const Model = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9.-]{0,31}$/, "set it to a short name, such as claude"),
    api: z.enum(["chat-completions", "messages"], {
      error: "set it to chat-completions (OpenAI's form) or messages (Anthropic's)",
    }),
    url: z
      .string()
      .refine(isModelUrl, "set it to an https address (http on this machine alone), up to /v1")
      .optional(),
    urlVariable: Variable.optional().describe("The variable that holds the address."),
    model: z.string().min(1).max(200),
    keyVariable: Variable.optional().describe("The variable that holds the key."),
    timeoutSeconds: z.int().min(1).max(modelLimits.timeoutSeconds),
    maxTokens: z.int().min(16).max(modelLimits.maxTokens),
    retries: z.int().min(0).max(modelLimits.retries),
  })
  .refine(({ url, urlVariable }) => (url === undefined) !== (urlVariable === undefined), {
    path: ["url"],
    message: "set either url or urlVariable",
  })
  .refine(({ url, keyVariable }) => url === undefined || keyVariable !== undefined, {
    path: ["keyVariable"],
    message: "name the variable with the key, or the address by urlVariable",
  });
export type Model = z.infer<typeof Model>;

export const ModelConfig = z.strictObject({
  maily: z.literal(1, { error: "set it to 1" }),
  budget: z.strictObject({
    calls: z.int().min(1).max(modelLimits.calls),
    tokens: z.int().min(100).max(modelLimits.tokens),
  }),
  models: z
    .array(Model)
    .min(1)
    .max(modelLimits.models)
    .refine(
      (models) => new Set(models.map(({ name }) => name)).size === models.length,
      "two models have the same name",
    ),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

const invalid = (errors: readonly string[]): Problem =>
  new Problem("configuration-invalid", { errors });

/** Throws Problem `configuration-invalid`, whose `errors` name each place and what to set it to, never a value. */
export function parseModelConfig(text: string, file: string): ModelConfig {
  if (text.length > fileCharactersMax)
    throw invalid([`${file}: has more than ${fileCharactersMax} characters`]);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0)
    throw invalid([`${file}: is not YAML (${document.errors[0]?.code ?? "error"})`]);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw invalid([`${file}: has aliases; write out what they stand for`]);
  }
  const parsed = ModelConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map(({ path, message }) => `${file}: ${path.join(".")}: ${message}`),
  );
}

/** Throws Problem `configuration-invalid`. */
export async function readModelConfig(file: string): Promise<ModelConfig> {
  const text = await readFile(file, "utf8").catch(() => {
    throw invalid([`${file}: cannot be read; set --models to a file such as config/models.yaml`]);
  });
  return parseModelConfig(text, file);
}
