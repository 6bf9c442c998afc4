import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  anything,
  assert,
  asyncProperty,
  constantFrom as some,
  object,
  subarray,
} from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PolicyInput, policyLimits } from "../../../sdk/schema/policy.ts";
import { openPolicy, type Policy } from "../../../server/policy/policy.ts";
import { columns } from "../../agents/matrix.ts";
import { questionOf, wordsOf } from "./questions.ts";

const shipped = (name: string) =>
  fileURLToPath(new URL(`../../../server/policy/${name}`, import.meta.url));
const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

let folder = "";
let policy: Policy;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-policy-"));
  policy = await openPolicy({ region: "eu", folder });
});
afterAll(() => rm(folder, { recursive: true }));

const question = (change: Partial<PolicyInput["resource"]> = {}): PolicyInput => {
  const asked = questionOf({
    tool: "get_segment",
    role: "toolsmith",
    tenant: "own",
    place: "here",
    consent: "agreed",
  });
  return { ...asked, resource: { ...asked.resource, ...change } };
};

test("the committed WebAssembly was built of the committed Rego and data", async () => {
  const lines = (await readFile(shipped("policy.sha256"), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(3);
  for (const name of ["data.json", "maily.rego", "policy.wasm"])
    expect(lines).toContain(`${sha256(await readFile(shipped(name)))}  ${name}`);
});

test("the digest names program and data", async () => {
  const [wasm, data] = await Promise.all(
    ["policy.wasm", "data.json"].map(async (name) => sha256(await readFile(shipped(name)))),
  );
  expect(policy.digest).toBe(sha256(`${wasm}\n${data}\n`));
});

test("leaves counts out below the floor, and says so", async () => {
  const decision = await policy.decide(question({ size: 19 }));
  expect(decision).toMatchObject({ allow: true, columns: ["segment"], floor: 20 });
  expect(wordsOf(decision.reasons)).toEqual(["below-floor", "columns-withheld", "granted"]);
});

test("keeps its own floor above a segment's", async () => {
  expect(await policy.decide(question({ floor: 1, size: 4 }))).toMatchObject({ floor: 5 });
  const { floor: _, ...resource } = question({ size: 4 }).resource;
  const decision = await policy.decide({ ...question(), resource });
  expect(decision).toMatchObject({ floor: 5, columns: ["segment"] });
});

test("denies what is no question at all", async () => {
  const malformed: readonly unknown[] = [
    undefined,
    {},
    { ...question(), action: "write" },
    { ...question(), columns: Array.from({ length: policyLimits.columns + 1 }, () => "size") },
    question({ size: -1 }),
    question({ size: Number.NaN }),
    { ...question(), subject: { ...question().subject, role: "x\u0000" } },
    { ...question(), surprise: true },
  ];
  for (const input of malformed)
    // What a caller that is not type-checked could hand over.
    expect(await policy.decide(input as PolicyInput)).toMatchObject({
      allow: false,
      reasons: ["input-malformed: The question to the policy is malformed."],
      columns: [],
    });
});

test("never gives a column that was not asked for, nor one that no role has", async () => {
  const asked = { ...question(), columns: ["size", "contact", "text.uncleared", "size; drop"] };
  expect((await policy.decide(asked)).columns).toEqual(["size"]);
});

test("whatever is asked, another tenant's, region's or purpose's is never allowed", async () => {
  await assert(
    asyncProperty(
      some("campaign_strategist", "toolsmith", "compliance_guard", "constructor", "__proto__"),
      some("call", "list", "read", "subscribe"),
      some("get_segment", "get_revenue_metrics", "toString", "__proto__", undefined),
      some(1, 2),
      some("eu", "us"),
      subarray(["results", "offers"]),
      subarray(["results", "offers"]),
      some("results", "offers", undefined),
      async (role, action, tool, tenant, region, purposes, consented, purpose) => {
        const input = {
          subject: { id: "a", role, tenant: 1, regions: ["eu"], purposes },
          action,
          ...(tool !== undefined && { tool }),
          resource: { tenant, region, consented, ...(purpose !== undefined && { purpose }) },
          columns,
        } as PolicyInput; // Roles and tools that no caller would name, too.
        const { allow, columns: given } = await policy.decide(input);
        if (!allow) {
          expect(given).toEqual([]);
          return;
        }
        expect(tenant).toBe(1);
        expect(region).toBe("eu");
        if (purpose !== undefined) {
          expect(purposes).toContain(purpose);
          expect(consented).toContain(purpose);
        } else expect(action).toBe("list");
        if (role !== "campaign_strategist") expect(given).not.toContain("amount");
        expect(given.includes("text") && given.includes("reader")).toBe(false);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("whatever is handed over in a question's place, the answer is a denial", async () => {
  await assert(
    asyncProperty(anything(), object(), async (value, members) => {
      for (const input of [value, members, { ...question(), ...members, columns: value }])
        if (!PolicyInput.safeParse(input).success)
          expect(await policy.decide(input as PolicyInput)).toMatchObject({
            allow: false,
            columns: [],
          }); // As a caller that is not type-checked would.
    }),
    { numRuns: 500 },
  );
});

test("does not grow with decisions", async () => {
  const wide = { ...question(), columns: Array.from({ length: 64 }, (_, n) => `column-${n}`) };
  for (let count = 0; count < 3_000; count++) await policy.decide(wide);
  expect((await policy.decide(question())).allow).toBe(true);
});

test("takes an operator's own grants, and refuses those that let texts meet secrets", async () => {
  const data = await readFile(shipped("data.json"), "utf8");
  const narrowed = data.replace('"floor": 5', '"floor": 50');
  const careless = data.replace('"size", "options.count", "text"', '"size", "reader", "text"');
  expect(careless).not.toBe(data);
  await writeFile(join(folder, "narrowed.json"), narrowed);
  await writeFile(join(folder, "careless.json"), careless);
  const own = await openPolicy({
    region: "eu",
    folder,
    settings: { data: { path: "narrowed.json", sha256: sha256(narrowed) } },
  });
  expect(await own.decide(question())).toMatchObject({ allow: true, floor: 50 });
  expect((await own.decide(question({ size: 49 }))).columns).toEqual(["segment"]);
  expect(own.digest).not.toBe(policy.digest);
  await expect(
    openPolicy({
      region: "eu",
      folder,
      settings: { data: { path: "careless.json", sha256: sha256(careless) } },
    }),
  ).rejects.toMatchObject({
    code: "configuration-invalid",
    members: { errors: [expect.stringContaining("grants.roles.toolsmith")] },
  });
});

const wrongFiles: readonly [string, string, string][] = [
  ["a file that is not there", "absent.wasm", "cannot be read"],
  ["a folder", ".", "cannot be read"],
  ["other bytes than the digest's", "other.wasm", "is not the file of the digest"],
  ["bytes that are no program", "text.wasm", "is no policy"],
  ["a program that is no policy", "empty.wasm", "is no policy"],
  ["a file without an end", "/dev/zero", "has more than"],
];
for (const [what, path, expected] of wrongFiles)
  test(`refuses ${what} as a policy`, async () => {
    const text = path === "empty.wasm" ? Buffer.from("\0asm\x01\0\0\0", "latin1") : "no program";
    if (!path.startsWith("/") && path !== "." && path !== "absent.wasm")
      await writeFile(join(folder, path), text);
    const digest = sha256(path === "other.wasm" ? "another" : text);
    await expect(
      openPolicy({ region: "eu", folder, settings: { wasm: { path, sha256: digest } } }),
    ).rejects.toMatchObject({
      code: "configuration-invalid",
      members: { errors: [expect.stringContaining(expected)] },
    });
  });
