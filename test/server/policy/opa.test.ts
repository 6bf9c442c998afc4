// The real OPA, where it is on PATH or named by OPA: its own tests, the build, and the whole matrix from `opa run --server`.
import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PolicySettings } from "../../../sdk/schema/policy.ts";
import { openPolicy, type Policy } from "../../../server/policy/policy.ts";
import { until } from "../region.ts";
import { cells, expectedOf, nameOf } from "../../agents/matrix.ts";
import { questionOf, wordsOf } from "./questions.ts";

const opa = process.env["OPA"] ?? "opa";
/** Other versions may write other bytes. */
const version = /^Version: (\S+)/m.exec(
  spawnSync(opa, ["version"], { encoding: "utf8" }).stdout ?? "",
)?.[1];
const folder = fileURLToPath(new URL("../../../server/policy/", import.meta.url));
const run = promisify(execFile);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // Listens on a port.
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const isHealthy = (address: string): Promise<boolean> =>
  fetch(`http://${address}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

describe.skipIf(version === undefined)("with OPA", () => {
  const granted = cells.find(
    (cell) => cell.tool === "get_revenue_metrics" && expectedOf(cell).against.length === 0,
  )!;
  let out = "";
  let child: ChildProcess | undefined;
  let policy: Policy;
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "maily-opa-"));
    const address = `127.0.0.1:${await freePort()}`;
    const files = ["maily.rego", "data.json"].map((name) => join(folder, name));
    child = spawn(opa, ["run", "--server", "--addr", address, "--log-level", "error", ...files]);
    await until(async () => isHealthy(address));
    policy = await openPolicy({ region: "eu", folder, settings: { url: `http://${address}` } });
  });
  afterAll(async () => {
    child?.kill();
    await rm(out, { recursive: true, force: true });
  });

  test("its own tests pass, and cover every line of the policy", async () => {
    const names = ["maily.rego", "maily_test.rego", "data.json"];
    const { stdout } = await run(opa, ["test", "--coverage", ...names], { cwd: folder });
    const { files } = JSON.parse(stdout) as { files: Record<string, { coverage: number }> }; // OPA's own report.
    expect(files["maily.rego"]?.coverage).toBe(100);
    await run(opa, ["check", "--strict", "maily.rego", "data.json"], { cwd: folder });
    expect((await run(opa, ["fmt", "-l", "."], { cwd: folder })).stdout).toBe("");
  });

  test.skipIf(version !== "1.4.2")("the build gives the committed bytes", async () => {
    await run("sh", [join(folder, "build.sh"), out], { env: { ...process.env, OPA: opa } });
    const built = await readFile(join(out, "policy.wasm"));
    expect(built.equals(await readFile(join(folder, "policy.wasm")))).toBe(true);
  });

  for (const cell of cells)
    test(`remote: ${nameOf(cell)}`, async () => {
      const { against, columns } = expectedOf(cell);
      const decision = await policy.decide(questionOf(cell));
      // One of the two may be slow to answer on a loaded machine; it is asked again then, as an agent would.
      const heard = wordsOf(decision.reasons).includes("policy-unavailable")
        ? await policy.decide(questionOf(cell))
        : decision;
      expect(heard.columns).toEqual(columns);
      if (against.length > 0) expect(wordsOf(heard.reasons)).toEqual(against);
      else expect(heard.allow).toBe(true);
    });

  test("an OPA that asks for a token is given the one of the file, and denies without it", async () => {
    const token = "s3cret-token_of.the+operator/x=";
    await writeFile(join(out, "token"), `${token}\n`, { mode: 0o600 });
    await writeFile(
      join(out, "authz.rego"),
      `package system.authz\ndefault allow := false\nallow if input.identity == "${token}"\nallow if input.path == ["health"]`,
    );
    const address = `127.0.0.1:${await freePort()}`;
    const options = ["--authentication=token", "--authorization=basic", "--log-level", "error"];
    const files = [join(folder, "maily.rego"), join(folder, "data.json"), join(out, "authz.rego")];
    const guarded = spawn(opa, ["run", "--server", "--addr", address, ...options, ...files]);
    try {
      await until(async () => isHealthy(address));
      const url = `http://${address}`;
      const ask = async (settings: PolicySettings) =>
        (await openPolicy({ region: "eu", folder: out, settings })).decide(questionOf(granted));
      expect((await ask({ url, tokenFile: "token" })).allow).toBe(true);
      expect(wordsOf((await ask({ url })).reasons)).toEqual(["policy-unavailable"]);
      await writeFile(join(out, "token"), "two words");
      await expect(ask({ url, tokenFile: "token" })).rejects.toMatchObject({
        code: "configuration-invalid",
      });
      await expect(ask({ url, tokenFile: "absent" })).rejects.toMatchObject({
        code: "configuration-invalid",
      });
    } finally {
      guarded.kill();
    }
  });

  /** An operator's own program. */
  async function own(rego: string): Promise<Policy> {
    await writeFile(
      join(out, "own.rego"),
      rego.startsWith("package") ? rego : `package maily\n${rego}`,
    );
    const args = ["build", "-t", "wasm", "-e", "maily/decision", "-o", "own.tar.gz", "own.rego"];
    await run(opa, args, { cwd: out });
    await run("tar", ["-xzPf", "own.tar.gz", "--transform", "s,^/,,", "/policy.wasm"], {
      cwd: out,
    });
    const sha256 = createHash("sha256")
      .update(await readFile(join(out, "policy.wasm")))
      .digest("hex");
    return openPolicy({
      region: "eu",
      folder: out,
      settings: { wasm: { path: "policy.wasm", sha256 } },
    });
  }

  test("an operator's own policy is asked instead", async () => {
    const strict = await own(
      'decision := {"allow": false, "reasons": ["closed: Not on Sundays."], "columns": ["size"], "floor": 0}',
    );
    expect(await strict.decide(questionOf(granted))).toEqual({
      allow: false,
      reasons: ["closed: Not on Sundays."],
      columns: [],
      floor: 20,
    });
  });

  test("an operator's own policy that allows everything opens no other tenant", async () => {
    const open = await own(
      'decision := {"allow": true, "reasons": ["open: All."], "columns": ["amount", "contact"], "floor": 0}',
    );
    expect(await open.decide(questionOf(granted))).toMatchObject({
      allow: true,
      columns: ["amount"],
      floor: 20,
    });
    const foreign = await open.decide(questionOf({ ...granted, tenant: "foreign" }));
    expect(foreign).toMatchObject({ allow: false, columns: [] });
  });

  test("an operator's own policy that decides nothing, something else, or needs what is not there, denies", async () => {
    for (const rego of [
      'decision := {"allow": true} if input.action == "never"',
      "decision := true",
      // What OPA leaves to its host is not there.
      'decision := {"allow": http.send({"method": "get", "url": "http://127.0.0.1:1"}).status_code == 200, "reasons": [], "columns": [], "floor": 5}',
      'decision := {"allow": true, "reasons": [], "columns": "size", "floor": 5}',
    ])
      expect(wordsOf((await (await own(rego)).decide(questionOf(granted))).reasons)).toEqual([
        "policy-unavailable",
      ]);
  });

  test("the own program of docs/policy.md does what it says", async () => {
    const page = await readFile(join(folder, "../../docs/policy.md"), "utf8");
    const documented = await own(/```rego\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
    const asked = questionOf(granted);
    const analyst = { ...asked, subject: { ...asked.subject, role: "analyst" } };
    expect(await documented.decide(analyst)).toMatchObject({ allow: true, columns: ["size"] });
    expect((await documented.decide(asked)).allow).toBe(false);
  });

  test("a program with another entrypoint is refused at start", async () => {
    await writeFile(join(out, "other.rego"), "package other\nallow := true");
    await run(opa, ["build", "-t", "wasm", "-e", "other/allow", "-o", "o.tar.gz", "other.rego"], {
      cwd: out,
    });
    await run("tar", ["-xzPf", "o.tar.gz", "--transform", "s,^/,,", "/policy.wasm"], { cwd: out });
    const bytes = await readFile(join(out, "policy.wasm"));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await expect(
      openPolicy({
        region: "eu",
        folder: out,
        settings: { wasm: { path: "policy.wasm", sha256 } },
      }),
    ).rejects.toMatchObject({
      members: { errors: [expect.stringContaining("has no entrypoint maily/decision")] },
    });
  });
});
