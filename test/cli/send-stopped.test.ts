// `maily send` as a process of its own, stopped in every way there is: nobody ever gets a second mail.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { prepared, served } from "./minting.ts";
import { smtpError, startSmtp, type SmtpPeer } from "./smtp-peer.ts";

const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const readersCount = 200;
const connections = 4;

let folder = "";
let edge = "";
let campaign = "";
let server: Server;
let peer: SmtpPeer;
/** Called with every message that the server has whole, before it says so. */
let onMessage: (received: number) => Promise<void> | void = () => undefined;

beforeEach(async () => {
  const made = await prepared();
  campaign = made.minting.campaign.id;
  folder = await mkdtemp(join(tmpdir(), "maily-send-stopped-"));
  ({ edge, server } = await served(folder, made));
  // The published campaign names no sender for answers inside a mail.
  const file = join(folder, "mail.plan.json");
  const plan = MailPlan.parse(JSON.parse(await readFile(file, "utf8")));
  for (const parts of Object.values(plan.parts)) delete parts.amp;
  await writeFile(file, JSON.stringify(plan));
  const rows = Array.from(
    { length: readersCount },
    (_, index) => `${index},eu,reader-${index}@example.org\n`,
  );
  await writeFile(join(folder, "readers.csv"), `id,region,email\n${rows.join("")}`);
  onMessage = () => undefined;
  let received = 0;
  peer = await startSmtp(undefined, async () => {
    received += 1;
    await onMessage(received);
    return undefined;
  });
});
afterEach(async () => {
  await peer.stop();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Send {
  readonly child: ChildProcess;
  /** Its exit status and what it told. */
  readonly ended: Promise<{ readonly status: number | null; readonly told: string }>;
}

/** With `limit`, no file of the process may pass so many kibibytes: what a full disk looks like. */
function send(more: readonly string[] = [], limit?: number): Send {
  const given = ["send", "--edge", edge, "--campaign", campaign, "--tenant", "9"];
  given.push("--readers", "readers.csv", "--plan", "mail.plan.json", "--from", "shop@example.org");
  given.push("--smtp", `smtp://127.0.0.1:${peer.port}`, "--rate", "5000", ...more);
  const command = [process.execPath, program, ...given];
  const [file = "", ...args] =
    limit === undefined
      ? command
      : ["bash", "-c", `ulimit -f ${limit}; exec "$@"`, "bash", ...command];
  const child = spawn(file, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr?.on("data", (text) => (told += text));
  const ended = new Promise<{ status: number | null; told: string }>((resolve) =>
    child.on("close", (status) => resolve({ status, told })),
  );
  return { child, ended };
}

/** How many got a mail, after seeing that nobody got two. */
function reached(): number {
  const addresses = peer.delivered.map(({ to }) => to);
  const twice = addresses.filter((to, index) => addresses.indexOf(to) < index);
  expect(twice).toEqual([]);
  return addresses.length;
}

test("killed ten times while mails are on their way, it sends none twice, and names each it left out", async () => {
  const kills = 10;
  for (let kill = 0; kill < kills; kill++) {
    const { child, ended } = send();
    // Where the server has a message that it has not acknowledged, or somewhere after.
    const at = peer.delivered.length + 1 + Math.floor(Math.random() * 12);
    onMessage = async (received) => {
      await sleep(Math.random() * 4);
      if (received >= at) child.kill("SIGKILL");
    };
    await ended;
  }
  expect(reached()).toBeLessThan(readersCount);
  onMessage = () => undefined;
  const { told } = await send().ended;
  const uncertain = told.match(/: uncertain, uncertain: /g)?.length ?? 0;
  expect(told).toContain(`${uncertain} uncertain: not sent again unless you say`);
  // A message on each connection at most, each time.
  expect(uncertain).toBeGreaterThan(0);
  expect(uncertain).toBeLessThanOrEqual(kills * connections);
  // Whoever got none is among those that were named.
  const count = reached();
  expect(count).toBeLessThanOrEqual(readersCount);
  expect(count + uncertain).toBeGreaterThanOrEqual(readersCount);
  expect((await send().ended).told).toMatch(/^0 sent, /m);
  expect(reached()).toBe(count);
}, 60_000);

test("a disk that is full in the middle of a line stops it before the message leaves", async () => {
  // On one connection each message takes a line of 30 bytes before and one of 28 after: 2,048 end in the 36th's first.
  expect((await send(["--connections", "1"], 2).ended).status).not.toBe(0);
  expect(reached()).toBe(35);
  await send().ended;
  expect(reached()).toBe(readersCount);
}, 30_000);

test("a second send beside it is refused; one after it was killed is not", async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  onMessage = () => {
    begun.resolve();
    return held.promise;
  };
  const first = send();
  await begun.promise;
  const second = await send().ended;
  expect(second.status).toBe(1);
  expect(second.told).toContain("Another send is using");
  first.child.kill("SIGKILL");
  await first.ended;
  held.resolve();
  onMessage = () => undefined;
  expect((await send().ended).told).toMatch(/^\d+ sent/m);
  reached();
}, 30_000);

test("refusals of an earlier run stay in the file of bounces, and its journal is named", async () => {
  await peer.stop();
  const refused = new Set(["reader-3@example.org"]);
  peer = await startSmtp((to) =>
    refused.has(to) ? smtpError(550, "5.1.1 no, nobody") : undefined,
  );
  const bounces = ["--bounces", "bounces.csv"];
  const { told, status } = await send(bounces).ended;
  expect(status).toBe(1);
  expect(told).toContain(
    `journal: ${join(await realpath(folder), "keys", `send-${campaign}.journal`)}`,
  );
  expect(told).toContain("readers.csv:5: refused, address: 550 5.1.1 no, nobody");
  expect((await send(bounces).ended).told).toMatch(/^0 sent, 200 sent or refused/m);
  const lines = (await readFile(join(folder, "bounces.csv"), "utf8")).trim().split("\r\n");
  expect(lines).toEqual([
    "row,reader,state,class,reply",
    expect.stringMatching(/^5,[\w-]{22},refused,address,"550 5\.1\.1 no, nobody"$/),
  ]);
  const nowhere = await send(["--bounces", "/nowhere/bounces.csv"]).ended;
  expect(nowhere.told).toContain("/nowhere/bounces.csv cannot be written (ENOENT)");
}, 30_000);
