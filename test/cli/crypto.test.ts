import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import { runCrypto } from "../../cli/crypto.ts";
import { ourAnswers, seamLines } from "../peers/seam-lines.ts";

const refused = (code: string) => ({
  problem: expect.objectContaining({ code, status: expect.any(Number) }),
});

test("opens what it seals, line by line and in order", async () => {
  const lines = seamLines(20);
  const sealed = await ourAnswers("seal", lines);
  const opened = await ourAnswers(
    "open",
    lines.map((line, index) => ({ ...line, ...sealed[index] })),
  );
  expect(opened).toEqual(lines.map(({ payload }) => ({ payload })));
});

test("more seeds than openers are kept for open all the same", async () => {
  const lines = seamLines(40);
  const sealed = await ourAnswers("seal", lines);
  const twice = [...lines, ...lines].map((line, index) => ({ ...line, ...sealed[index % 40] }));
  expect(await ourAnswers("open", twice)).toEqual(twice.map(({ payload }) => ({ payload })));
});

test("seals a payload that is a text as it is", async () => {
  const [line] = seamLines(1);
  const payload = '{ "answers": {},  "language": "de" }';
  const [sealed] = await ourAnswers("seal", [{ ...line, payload }]);
  expect(await ourAnswers("open", [{ ...line, ...sealed }])).toEqual([
    { payload: { answers: {}, language: "de" } },
  ]);
});

test("a line that is refused says why, and the next is answered", async () => {
  const [line] = seamLines(1);
  const [sealed] = await ourAnswers("seal", [line ?? {}]);
  const good = { ...line, ...sealed };
  const answers = await ourAnswers("open", [
    {},
    { ...good, region: "mars" },
    { ...good, tenant: 0 },
    { ...good, campaign: "AAAAAAAAAAB" },
    { ...good, consent: [] },
    { ...good, seed: "short" },
    { ...good, envelope: "" },
    { ...good, envelope: "no base64url!" },
    { ...good, envelope: `${good.envelope?.slice(0, 2)}AA${good.envelope?.slice(4)}` },
    { ...good, tenant: 99 },
    good,
  ]);
  expect(answers).toEqual([
    ...Array.from({ length: 6 }, () => refused("malformed-request")),
    refused("envelope-malformed"),
    refused("envelope-malformed"),
    refused("suite-unknown"),
    refused("envelope-unopenable"),
    { payload: line?.payload },
  ]);
});

async function* oddLines() {
  yield "{";
  yield "";
  yield "  ";
  yield `"${"x".repeat(70_000)}"`;
  yield "[]";
}

test("a line that is no JSON, or too long, is refused; an empty one is passed over", async () => {
  const answers: string[] = [];
  await runCrypto("seal", oddLines(), (line) => answers.push(line));
  expect(answers.map((line) => JSON.parse(line))).toEqual([
    refused("malformed-request"),
    refused("body-too-large"),
    refused("malformed-request"),
  ]);
});

test("refuses to seal what is too long, and to a public key that is none", async () => {
  const [line] = seamLines(1);
  expect(
    await ourAnswers("seal", [
      { ...line, payload: "x".repeat(4095) },
      { ...line, publicKey: base64url(new Uint8Array(1216).fill(255)) },
      { ...line, publicKey: base64url(new Uint8Array(1215)) },
    ]),
  ).toEqual([
    refused("answer-too-long"),
    refused("malformed-request"),
    refused("malformed-request"),
  ]);
});

test("an opened payload that is no JSON is an invalid answer", async () => {
  const [line] = seamLines(1);
  const [sealed] = await ourAnswers("seal", [{ ...line, payload: "no JSON" }]);
  expect(await ourAnswers("open", [{ ...line, ...sealed }])).toEqual([refused("answer-invalid")]);
});

test("no answer repeats a key, a payload or an envelope that it refused", async () => {
  const [line] = seamLines(1);
  const secret = { ...line, tenant: -1, payload: "SECRET-PAYLOAD" };
  const text = JSON.stringify(await ourAnswers("seal", [secret]));
  expect(text).not.toContain("SECRET");
  expect(text).not.toContain(line?.seed ?? "");
});

const run = (mode: string, input: object) =>
  spawnSync(
    process.execPath,
    [fileURLToPath(new URL("../../cli/crypto.ts", import.meta.url)), mode],
    {
      input: `${JSON.stringify(input)}\n`,
      encoding: "utf8",
    },
  );

test("runs as a program of its own", () => {
  const [line] = seamLines(1);
  const sealed = run("seal", line ?? {});
  expect(sealed.stderr).toBe("");
  const opened = run("open", { ...line, ...JSON.parse(sealed.stdout) });
  expect(JSON.parse(opened.stdout)).toEqual({ payload: line?.payload });
});
