// `maily mint` as a process of its own: what it writes, how it ends, and what is left when it is killed.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csvRows } from "../../cli/csv.ts";
import { journalFile, rowsPerEntry } from "../../cli/mint-output.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { csvOf, prepared, served, type Prepared } from "./minting.ts";

const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

let made: Prepared;
let folder = "";
let server: Server;
let edge = "";

beforeAll(async () => {
  made = await prepared();
  folder = await mkdtemp(join(tmpdir(), "maily-mint-"));
  ({ edge, server } = await served(folder, made));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly told: string;
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const { id } = made.minting.campaign;
  const common = ["mint", "--edge", edge, "--campaign", id, "--keys", "keys", "--tenant", "9"];
  const child = spawn(process.execPath, [program, ...common, ...args], { cwd: folder });
  let [out, told] = ["", ""];
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (told += text));
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (status) => resolve({ status, out, told })),
  );
  return { child, ended };
}

const maily = (...args: string[]): Promise<Ended> => start(args).ended;

async function table(text: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const batch of csvRows(csvOf(text)))
    for (const row of batch) rows.push("cells" in row ? [...row.cells] : [row.message]);
  return rows;
}

const few =
  'id,region,note\n1,eu,"a ""note"", long"\n2,mars,x\n3,apac\n,us,y\n4,us,"two\nlines"\n1,us,z\n';
const withPlan = ["--plan", "mail.plan.json"];

test("writes the readers' own columns and three more, names each bad row, and ends with status 1", async () => {
  await writeFile(join(folder, "few.csv"), few);
  const { status, out, told } = await maily("--readers", "few.csv", ...withPlan);
  const [head, ...rows] = await table(out);
  expect(head).toEqual(["id", "region", "note", "maily_invitation", "maily_codes", "maily_link"]);
  expect(rows.map((cells) => cells.slice(0, 3))).toEqual([
    ["1", "eu", 'a "note", long'],
    ["3", "apac", ""],
    ["4", "us", "two\nlines"],
  ]);
  for (const [, region, , invitation = "", codes, link] of rows) {
    expect(parseInvitation(invitation).body.region).toBe(region);
    expect(codes).toMatch(/^[\w-]{374}$/);
    expect(link).toBe(`${edge}/a/${made.minting.campaign.id}#${invitation}`);
  }
  expect(told.split("\n").filter((line) => line.startsWith("few.csv:"))).toEqual([
    'few.csv:3: the region "mars" is not eu, us or apac; there is no default',
    "few.csv:5: the column `id` is empty; give each reader an id",
    "few.csv:8: this id came before, in row 2; each reader is invited once",
  ]);
  expect(told).toContain("3 invitations, 3 rows left out");
  expect(status).toBe(1);
});

test("as JSON a line, with or without the filled mail", async () => {
  await writeFile(join(folder, "good.csv"), "id,region,email,language\n1,eu,a@example.org,de\n");
  const plain = await maily("--readers", "good.csv", "--format", "jsonl");
  expect(plain.status).toBe(0);
  expect(JSON.parse(plain.out)).toMatchObject({ row: 2, id: "1", region: "eu", codes: "" });
  const parts = await maily("--readers", "good.csv", "--format", "parts", ...withPlan);
  const line = JSON.parse(parts.out);
  expect(line).toMatchObject({ subject: "Welches Obst?", fields: { language: "de" } });
  for (const part of ["text", "amp", "html"]) expect(line[part]).toContain(line.invitation);
});

test("whole messages are a file each, named by nobody's address", async () => {
  await writeFile(
    join(folder, "mails.csv"),
    "id,region,email,language\n1,eu,a@example.org,de\n2,us,b@example.org,\n3,us,nobody,\n4,us,,\n",
  );
  const args = ["--readers", "mails.csv", ...withPlan, "--format", "eml", "--out", "mails"];
  const { status, told } = await maily(...args, "--from", "Ada <ada@sender.example>");
  expect(status).toBe(1);
  expect(told).toContain('mails.csv:4: "nobody" is no mail address such as ann@example.org');
  expect(told).toContain("mails.csv:5: the column `email` is empty");
  const found = await readdir(join(folder, "mails"), { recursive: true });
  const files = found.filter((name) => name.endsWith(".eml"));
  expect(files).toHaveLength(2);
  const addresses: string[] = [];
  for (const file of files) {
    expect(file).toMatch(/^([\w-]{2})\/\1[\w-]{20}\.eml$/);
    const parsed = await PostalMime.parse(await readFile(join(folder, "mails", file)));
    addresses.push(parsed.to?.[0]?.address ?? "");
    expect(parsed.from?.address).toBe("ada@sender.example");
    expect(parsed.html).toContain("#");
  }
  expect(addresses.toSorted()).toEqual(["a@example.org", "b@example.org"]);
  expect(existsSync(journalFile(join(folder, "mails")))).toBe(false);
});

describe("what a service's field holds", () => {
  test("is told beside what the codes need, and status 1 where they do not fit", async () => {
    const fits = await maily("--readers", "good.csv", ...withPlan, "--esp", "sendgrid");
    expect(fits.told).toContain("maily_codes: 17 codes, 374 characters a reader");
    expect(fits.status).toBe(0);
    expect(fits.told).toContain("they are of revision 1: the template in SendGrid");
    const small = await maily("--readers", "good.csv", ...withPlan, "--esp", "braze");
    expect(small.told).toContain("374 characters a reader; Braze: a field takes 255");
    expect(small.told).toContain("they do not fit");
    expect(small.status).toBe(1);
    const none = await maily("--readers", "good.csv", ...withPlan, "--esp", "mailchimp");
    expect(none.told).toContain("Mailchimp carries no AMP part: its import needs no maily_codes");
    expect(none.status).toBe(0);
    const unknown = await maily("--readers", "good.csv", ...withPlan, "--esp", "pigeon");
    expect([unknown.status, unknown.out]).toEqual([1, ""]);
    expect(unknown.told).toContain("no email service is called pigeon");
  });
});

describe("refuses, before anything is written,", () => {
  const wrong: [string, string[], number, string][] = [
    ["messages without a sender", ["--format", "eml", "--out", "x"], 2, "--from <sender>"],
    ["to resume what has no file", ["--resume"], 2, "--resume needs --out"],
    ["a format there is not", ["--format", "xml"], 2, "Allowed choices are"],
    ["parts without a plan", ["--format", "parts"], 1, "needs --plan"],
    ["a plan that is not there", ["--plan", "no.json"], 1, "Run `maily compile`"],
    ["a plan that is none", ["--plan", "good.csv"], 1, "is not JSON"],
    [
      "a sender that is none",
      ["--format", "eml", "--out", "x", "--from", "me", ...withPlan],
      1,
      "is no sender",
    ],
  ];
  for (const [what, args, status, message] of wrong)
    test(what, async () => {
      const ended = await maily("--readers", "good.csv", ...args);
      expect(ended.told).toContain(message);
      expect([ended.status, ended.out]).toEqual([status, ""]);
      expect(existsSync(join(folder, "x"))).toBe(false);
    });

  test("readers that are not there, or have a column of ours", async () => {
    expect((await maily("--readers", "none.csv")).told).toContain("none.csv cannot be read");
    await writeFile(join(folder, "ours.csv"), "id,region,maily_codes\n1,eu,x\n");
    const ended = await maily("--readers", "ours.csv");
    expect(ended.told).toContain("has a column `maily_codes` already");
    expect([ended.status, ended.out]).toEqual([1, ""]);
  });

  test("a campaign that nobody published", async () => {
    const ended = await maily("--readers", "good.csv", "--campaign", "AAAAAAAAAAA");
    expect(ended.told).toContain("There is no such campaign");
    expect(ended.status).toBe(1);
  });

  test("to write over a file that is there", async () => {
    await writeFile(join(folder, "mine.txt"), "mine");
    for (const more of [[], ["--resume"]]) {
      const ended = await maily("--readers", "good.csv", "--out", "mine.txt", ...more);
      expect(ended.told).toContain("is there already");
      expect(ended.status).toBe(1);
    }
    expect(await readFile(join(folder, "mine.txt"), "utf8")).toBe("mine");
  });
});

const out = (): string => join(folder, "killed.csv");

describe("a run that is killed", { timeout: 180_000 }, () => {
  const rowsCount = 4 * rowsPerEntry;
  const many = (last: string): string =>
    `id,region,email,name\n${Array.from({ length: rowsCount }, (_, index) =>
      index % 997 === 5
        ? `,eu,x,Nobody ${index}`
        : `reader-${index},eu,r${index}@example.org,Ä ${index}`,
    ).join("\n")}\n${last}\n`;
  /** A duplicate of the very first reader, which only a run that has read them all can see. */
  const text = many("reader-0,us,again@example.org,Again");
  const args = ["--readers", "many.csv", ...withPlan, "--out", "killed.csv"];

  /** Kills as soon as the journal has gone beyond `row`; false where the run ended before. */
  async function killBeyond(row: number, more: readonly string[] = []): Promise<boolean> {
    const { child, ended } = start([...args, ...more]);
    let over = false;
    void ended.then(() => (over = true));
    for (;;) {
      const journal = await readFile(journalFile(out()), "utf8").catch(() => '{"row":0}');
      if (over || (JSON.parse(journal) as { row: number }).row > row) break;
      await sleep(2);
    }
    child.kill("SIGKILL");
    return (await ended).status === null;
  }

  test("goes on where it stopped: no reader twice, none missing, all the same as in one go", async () => {
    await writeFile(join(folder, "many.csv"), text);
    const whole = await maily("--readers", "many.csv", ...withPlan);
    expect(whole.status).toBe(1);
    expect(await killBeyond(0)).toBe(true);
    expect(await killBeyond(rowsPerEntry + 1, ["--resume"])).toBe(true);
    // What was written behind the journal's last entry, and what a crash may have left there.
    await writeFile(out(), "half a li", { flag: "a" });
    const unasked = await maily(...args);
    expect(unasked.told).toContain("Add --resume");
    expect(unasked.status).toBe(1);
    const rest = await maily(...args, "--resume");
    expect(rest.status).toBe(1);
    expect((await readFile(out(), "utf8")) === whole.out).toBe(true);
    const summary = /([\d,]+ invitations, [\d,]+ rows left out)/;
    expect(summary.exec(rest.told)?.[1]).toBe(summary.exec(whole.told)?.[1]);
    expect(rest.told).toContain("this id came before, in row 2;");
    expect(existsSync(journalFile(out()))).toBe(false);
  });

  test("does not go on with other readers, other options, or a journal that is none", async () => {
    await rm(out());
    await writeFile(join(folder, "many.csv"), text);
    expect(await killBeyond(0)).toBe(true);
    const before = await readFile(out());
    const other = await maily(...args, "--resume", "--test");
    expect(other.told).toContain("was begun with other readers");
    await writeFile(join(folder, "many.csv"), many("reader-x,us,again@example.org,Again"));
    expect((await maily(...args, "--resume")).told).toContain("was begun with other readers");
    await writeFile(join(folder, "many.csv"), text);
    const journal = await readFile(journalFile(out()), "utf8");
    await writeFile(journalFile(out()), journal.slice(0, 20));
    expect((await maily(...args, "--resume")).told).toContain("is not a journal");
    await writeFile(journalFile(out()), journal);
    expect((await readFile(out())).equals(before)).toBe(true);
    await writeFile(out(), "short");
    expect((await maily(...args, "--resume")).told).toContain("shorter than its journal says");
  });
});

test("messages that were cut short by a kill are made again, whole", async () => {
  const rows = Array.from({ length: 300 }, (_, index) => `${index},us,r${index}@example.org`);
  await writeFile(join(folder, "box.csv"), `id,region,email\n${rows.join("\n")}\n`);
  const args = ["--readers", "box.csv", ...withPlan, "--format", "eml", "--out", "box"];
  const all = [...args, "--from", "ada@sender.example"];
  const messages = async (): Promise<string[]> => {
    const found = await readdir(join(folder, "box"), { recursive: true }).catch(() => []);
    return found.filter((name) => name.endsWith(".eml"));
  };
  const { child, ended } = start(all);
  while ((await messages()).length < 20) await sleep(2);
  child.kill("SIGKILL");
  expect((await ended).status).toBe(null);
  // As if the last of them had been cut short.
  const [one = ""] = await messages();
  await writeFile(join(folder, "box", one), "From: half a mess");
  expect((await maily(...all, "--resume")).status).toBe(0);
  const files = await messages();
  expect(files).toHaveLength(300);
  for (const file of files)
    expect((await readFile(join(folder, "box", file), "latin1")).endsWith("--\r\n")).toBe(true);
}, 180_000);

test("ends quietly where nobody reads on, as behind `head`", async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `${index},us`);
  await writeFile(join(folder, "long.csv"), `id,region\n${rows.join("\n")}\n`);
  const { child, ended } = start(["--readers", "long.csv"]);
  child.stdout?.once("data", () => child.stdout?.destroy());
  const { status, told } = await ended;
  expect([status, told]).toEqual([0, ""]);
}, 120_000);
