// Models behind the example agents: their file, and what becomes of every way in which they fail.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Problem } from "../../sdk/problem.ts";
import {
  parseModelConfig,
  readModelConfig,
  type Model,
  type ModelConfig,
} from "../../demo/agents/model-config.ts";
import { Models } from "../../demo/agents/model.ts";
import { ModelPeer, type Fault } from "./model-peer.ts";

const shipped = fileURLToPath(new URL("../../config/models.yaml", import.meta.url));
const prompt = { system: "You help.", question: "<data>[]</data>" };
const key = "right-key";

const peer = new ModelPeer();
let url = "";
beforeAll(async () => {
  url = await peer.open();
});
beforeEach(() => peer.reset());
afterAll(() => peer.close());

const model = (changes: Partial<Model> = {}): Model => ({
  name: "first",
  api: "chat-completions",
  url,
  model: "m-1",
  keyVariable: "KEY",
  timeoutSeconds: 1,
  maxTokens: 100,
  retries: 1,
  ...changes,
});
const second = (): Model => model({ name: "second", api: "messages", model: "m-2" });
const of = (models: Model[], budget = { calls: 20, tokens: 10_000 }): Models =>
  new Models({ maily: 1, budget, models } satisfies ModelConfig, { KEY: key });

test("the shipped file asks DeepSeek R1 first, then Claude, then Llama, and nobody without a variable", async () => {
  const config = await readModelConfig(shipped);
  expect(config.models.map(({ name }) => name)).toEqual(["deepseek-r1", "claude", "llama"]);
  expect(new Models(config, {}).names).toEqual([]);
  expect(new Models(config, { ANTHROPIC_API_KEY: "k", LLAMA_URL: url }).names).toEqual([
    "claude",
    "llama",
  ]);
  expect(new Models(config, { LLAMA_URL: "http://elsewhere.example/v1" }).names).toEqual([]);
});

const text = `maily: 1
budget: { calls: 1, tokens: 100 }
models:
  - { name: a, api: messages, url: https://a.example/v1, model: m, keyVariable: A_KEY, timeoutSeconds: 1, maxTokens: 16, retries: 0 }
`;
const wrong: readonly [string, string, string, string][] = [
  [
    "an api that there is none of",
    "api: messages",
    "api: grpc",
    "models.0.api: set it to chat-completions",
  ],
  [
    "a plain address",
    "https://a.example",
    "http://a.example",
    "models.0.url: set it to an https address",
  ],
  [
    "an address with a password",
    "https://a.example",
    "https://u:p@a.example",
    "models.0.url: set it to",
  ],
  [
    "a key in the place of its name",
    "A_KEY",
    "sk-live-0123456789",
    "models.0.keyVariable: set it to the name",
  ],
  ["no key", "keyVariable: A_KEY, ", "", "models.0.keyVariable: name the variable"],
  ["no address", "url: https://a.example/v1, ", "", "models.0.url: set either url or urlVariable"],
  ["endless patience", "timeoutSeconds: 1", "timeoutSeconds: 9000", "models.0.timeoutSeconds: "],
  ["another version", "maily: 1", "maily: 2", "maily: set it to 1"],
  ["what is not known", "retries: 0", "retries: 0, retry: 1", "models.0: "],
  ["no YAML", "maily: 1", "maily: [1", "is not YAML"],
  ["a key twice", "maily: 1", "maily: 1\nmaily: 1", "is not YAML"],
  ["aliases", "models:", "x: &a [1]\ny: *a\nmodels:", "has aliases"],
];
for (const [what, from, to, expected] of wrong)
  test(`refuses a file with ${what}, by its place and without its values`, () => {
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    let errors: unknown;
    try {
      parseModelConfig(changed, "models.yaml");
    } catch (error) {
      errors = (error as Problem).members["errors"]; // The one error that is thrown on purpose.
    }
    expect(String(errors)).toContain(`models.yaml: ${expected}`);
    expect(String(errors)).not.toContain("sk-live");
  });

test("refuses two models of one name, and a file that is not there", async () => {
  const twice = text + text.split("\n")[3];
  expect(() => parseModelConfig(twice, "models.yaml")).toThrow();
  await expect(readModelConfig("/nowhere/models.yaml")).rejects.toMatchObject({
    code: "configuration-invalid",
  });
});

test("asks in each protocol as it is spoken", async () => {
  expect(await of([model()]).ask(prompt)).toMatchObject({ model: "first", text: "Do this first." });
  expect(await of([second()]).ask(prompt)).toMatchObject({ model: "second", tokens: 50 });
  expect(peer.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/messages"]);
  expect(peer.requests.map(({ body }) => body.model)).toEqual(["m-1", "m-2"]);
  expect(peer.requests.every((request) => request.key === key)).toBe(true);
});

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (response) =>
    response.writeHead(code, headers).end("{}");

test("tries again after 429 and 5xx, and goes on with the next when that does not help", async () => {
  peer.faults.push(status(429, { "retry-after": "0" }));
  expect(await of([model()]).ask(prompt)).toMatchObject({ model: "first" });
  expect(peer.requests).toHaveLength(2);
  peer.reset();
  peer.faults.push(status(503), status(500));
  expect(await of([model(), second()]).ask(prompt)).toMatchObject({ model: "second" });
  expect(peer.requests).toHaveLength(3);
});

test("goes on at once where waiting would take too long", async () => {
  peer.faults.push(status(429, { "retry-after": "3600" }));
  const began = performance.now();
  expect(await of([model(), second()]).ask(prompt)).toMatchObject({ model: "second" });
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(peer.requests).toHaveLength(2);
});

const useless: Readonly<Record<string, Fault>> = {
  "a wrong key": status(401),
  "a bad request": status(400),
  "a redirect, which would take the key elsewhere": status(307, { location: "/v1/elsewhere" }),
  "no JSON": (response) => response.end("<html>"),
  "another shape": (response) => response.end('{"choices":[]}'),
  "no words": (response) => response.end('{"choices":[{"message":{"content":null}}]}'),
  "thoughts alone": (response) =>
    response.end('{"choices":[{"message":{"content":"<think>hm, I should"}}]}'),
  "more bytes than are read": (response) =>
    response.end(JSON.stringify({ choices: [{ message: { content: "x".repeat(1_100_000) } }] })),
  "nothing in time": () => undefined,
  "half an answer": (response) => {
    response.writeHead(200, { "content-length": "500" }).write('{"choices":');
    setTimeout(() => response.destroy(), 10);
  },
};
for (const [what, fault] of Object.entries(useless))
  test(`goes on with the next model after ${what}`, async () => {
    peer.faults.push(fault);
    const models = of([model({ retries: 0 }), second()]);
    expect(await models.ask(prompt)).toMatchObject({ model: "second", text: "Do this first." });
    expect(peer.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/messages"]);
  });

test("says of each why, where nobody answers, and names no key, address or content", async () => {
  peer.faults.push(status(401), status(401));
  const gone = model({ name: "gone", url: "http://127.0.0.1:1/v1", retries: 0 });
  const answer = await of([model(), second(), gone]).ask(prompt);
  expect(answer).toEqual({
    silent: ["first: it answered 401", "second: it answered 401", "gone: it cannot be reached"],
  });
});

test("keeps what was cut short, and says so", async () => {
  peer.truncated = true;
  for (const one of [model(), second()])
    expect(await of([one]).ask(prompt)).toMatchObject({ truncated: true });
});

test("shows neither thoughts nor what a terminal would obey", async () => {
  peer.says = "<think>secret plan</think>Fine.\u001b[2J\u202e Done\u0000.";
  expect(await of([model()]).ask(prompt)).toMatchObject({ text: "Fine.[2J Done." });
});

test("spends no more than its budget", async () => {
  const byCalls = of([model()], { calls: 2, tokens: 10_000 });
  for (let count = 0; count < 4; count++) await byCalls.ask(prompt);
  expect(peer.requests).toHaveLength(2);
  expect(await byCalls.ask(prompt)).toEqual({ silent: ["first: the budget is spent"] });
  peer.reset();
  // Each answer costs 50, and may cost 100.
  const byTokens = of([model()], { calls: 20, tokens: 200 });
  for (let count = 0; count < 6; count++) await byTokens.ask(prompt);
  expect(peer.requests).toHaveLength(3);
  peer.reset();
  const long = { ...prompt, question: "x".repeat(50_000) };
  expect(await of([model()]).ask(long)).toHaveProperty("silent");
  expect(peer.requests).toHaveLength(0);
});

test("failures are paid for out of the same budget", async () => {
  for (let count = 0; count < 10; count++) peer.faults.push(status(500));
  await of([model({ retries: 1 }), second(), second()], { calls: 3, tokens: 10_000 }).ask(prompt);
  expect(peer.requests).toHaveLength(3);
});
