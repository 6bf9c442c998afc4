import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SendJournal } from "../../cli/send-journal.ts";
import { sendAll, type Bounce, type Outgoing, type Sending } from "../../cli/send.ts";
import { bounceClassOf, smtpServerOf } from "../../cli/smtp.ts";
import { base64url } from "../../sdk/bytes.ts";
import { smtpError, startSmtp, type SmtpPeer } from "./smtp-peer.ts";

let folder: string;
let peer: SmtpPeer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-send-"));
});
afterEach(async () => {
  await peer?.stop();
  peer = undefined;
  await rm(folder, { recursive: true, force: true });
});

const nameOf = (index: number): string =>
  base64url(Uint8Array.from({ length: 16 }, (_, at) => (at < 4 ? (index >> (8 * at)) & 255 : 7)));
const addressOf = (index: number): string => `reader-${index}@example.org`;

async function* messages(count: number, composed?: number[]): AsyncGenerator<Outgoing> {
  for (let index = 0; index < count; index++)
    yield {
      row: index + 2,
      reader: nameOf(index),
      region: "eu",
      envelope: { from: "shop@example.org", to: addressOf(index) },
      compose: () => {
        composed?.push(index);
        return Promise.resolve(
          Buffer.from(`From: shop@example.org\r\nSubject: ${index}\r\n\r\n.hello\r\n`),
        );
      },
    };
}

const journalFile = (): string => join(folder, "send.journal");

async function run(
  count: number,
  more: Partial<Sending> = {},
  bounces: Bounce[] = [],
  composed?: number[],
) {
  const journal = await SendJournal.open(journalFile());
  try {
    return await sendAll(
      messages(count, composed),
      {
        server: smtpServerOf(`smtp://127.0.0.1:${peer?.port ?? 1}`),
        journal,
        connections: 4,
        messagesPerSecond: 10_000,
        attempts: 3,
        repeatUncertain: false,
        firstRetryMilliseconds: 10,
        ...more,
      },
      (bounce) => bounces.push(bounce),
    );
  } finally {
    await journal.close();
  }
}

const addresses = (): string[] => (peer?.delivered ?? []).map(({ to }) => to).sort();
const times = (to: string): number => addresses().filter((address) => address === to).length;

test("every message arrives once, over few connections, dots and all", async () => {
  peer = await startSmtp();
  expect(await run(50)).toEqual({ sent: 50, refused: 0, postponed: 0, uncertain: 0, skipped: 0 });
  expect(new Set(addresses()).size).toBe(50);
  expect(peer.delivered).toHaveLength(50);
  expect(peer.delivered[0]?.raw).toContain("\r\n.hello");
  expect(peer.connections()).toBeLessThanOrEqual(4);
});

test("the same command again sends nothing twice, and composes nothing", async () => {
  peer = await startSmtp();
  await run(20);
  const composed: number[] = [];
  expect(await run(30, {}, [], composed)).toMatchObject({ sent: 10, skipped: 20 });
  expect(peer.delivered).toHaveLength(30);
  expect(Math.min(...composed)).toBe(20);
});

test("what the server refuses for good is told with its class and row, and not tried again", async () => {
  peer = await startSmtp((to) =>
    to === addressOf(3) ? smtpError(550, "5.1.1 no such reader") : undefined,
  );
  const bounces: Bounce[] = [];
  expect(await run(6, {}, bounces)).toMatchObject({ sent: 5, refused: 1 });
  expect(bounces).toMatchObject([{ row: 5, state: "refused", bounce: "address" }]);
  expect(await run(6)).toMatchObject({ sent: 0, skipped: 6 });
});

test("what the server refuses for now is tried again, and then left for the next run", async () => {
  const tried = new Map<string, number>();
  peer = await startSmtp((to) => {
    const tries = (tried.get(to) ?? 0) + 1;
    tried.set(to, tries);
    if (to === addressOf(1) && tries < 3) return smtpError(451, "4.7.1 come back later");
    return to === addressOf(2) && tries < 5 ? smtpError(452, "4.2.2 mailbox full") : undefined;
  });
  const bounces: Bounce[] = [];
  expect(await run(4, {}, bounces)).toMatchObject({ sent: 3, postponed: 1 });
  expect(bounces).toMatchObject([{ row: 4, state: "postponed", bounce: "full" }]);
  expect(await run(4)).toMatchObject({ sent: 1, skipped: 3 });
  expect(times(addressOf(2))).toBe(1);
});

test("a message whose fate nobody knows is not sent again unless that is asked for", async () => {
  let cut = true;
  peer = await startSmtp(undefined, (to, drop) => {
    if (to === addressOf(0) && cut) drop();
    return undefined;
  });
  const bounces: Bounce[] = [];
  expect(await run(1, { connections: 1 }, bounces)).toMatchObject({ sent: 0, uncertain: 1 });
  expect(bounces).toMatchObject([{ row: 2, state: "uncertain" }]);
  // The server did take it: sending it once more would have been the second time.
  expect(times(addressOf(0))).toBe(1);
  cut = false;
  expect(await run(1)).toMatchObject({ sent: 0, uncertain: 1 });
  expect(times(addressOf(0))).toBe(1);
  expect(await run(1, { repeatUncertain: true })).toMatchObject({ sent: 1 });
});

test("a connection that is cut before the message is tried again at once", async () => {
  let refusals = 2;
  peer = await startSmtp(undefined, undefined, {
    onMailFrom(_address, _session, done) {
      refusals--;
      done(refusals >= 0 ? smtpError(421, "4.3.2 closing") : undefined);
    },
  });
  expect(await run(3, { connections: 1 })).toMatchObject({ sent: 3, postponed: 0 });
  expect(peer.delivered).toHaveLength(3);
});

test("a server that is away stops the send with a word, and the next run goes on", async () => {
  await expect(run(100, { attempts: 2 })).rejects.toMatchObject({ code: "server-unreachable" });
  peer = await startSmtp();
  const counts = await run(100);
  expect(counts).toMatchObject({ sent: 100, uncertain: 0 });
});

test("a wrong password stops the send before any message is spent", async () => {
  peer = await startSmtp(undefined, undefined, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(smtpError(535, "5.7.8 wrong")),
  });
  const server = smtpServerOf(`smtp://me:secret-word@127.0.0.1:${peer.port}`);
  const fault = await run(3, { server }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: "server-unreachable" });
  expect(JSON.stringify(fault)).not.toContain("secret-word");
  expect(await readFile(journalFile(), "utf8")).not.toContain("sent");
});

test("a send that was killed goes on; what was on its way is named, not repeated", async () => {
  peer = await startSmtp();
  await writeFile(
    journalFile(),
    `${nameOf(0)} trying\n${nameOf(0)} sent\n${nameOf(1)} trying\n${nameOf(2)} try`,
  );
  const bounces: Bounce[] = [];
  expect(await run(4, {}, bounces)).toMatchObject({ sent: 2, skipped: 1, uncertain: 1 });
  expect(bounces).toMatchObject([{ row: 3 }]);
  expect(addresses()).toEqual([addressOf(2), addressOf(3)]);
});

test("two sends do not share a journal, and no other file is taken for one", async () => {
  const held = await SendJournal.open(journalFile());
  // As it is between making a file and writing into it.
  await writeFile(`${journalFile()}.lock`, "");
  await expect(SendJournal.open(journalFile())).rejects.toMatchObject({
    code: "configuration-invalid",
  });
  await held.close();
  await (await SendJournal.open(journalFile())).close();
  const other = join(folder, "readers.csv");
  await writeFile(other, "id,region\nme,eu\n");
  for (let time = 0; time < 2; time++)
    await expect(SendJournal.open(other)).rejects.toMatchObject({
      members: { detail: expect.stringContaining("not a journal") as string },
    });
  expect(await readFile(other, "utf8")).toBe("id,region\nme,eu\n");
});

test("the throttle holds for all connections together", async () => {
  peer = await startSmtp();
  const begun = performance.now();
  await run(12, { messagesPerSecond: 50, connections: 4 });
  // Eleven intervals of 20 ms: a lower bound, which no busy machine can break.
  expect(performance.now() - begun).toBeGreaterThanOrEqual(210);
});

for (const [code, reply, bounce] of [
  [550, "550 5.1.1 unknown", "address"],
  [550, "550 no such user", "address"],
  [552, "552 5.2.2 over quota", "full"],
  [452, "452 4.2.2 over quota", "full"],
  [552, "552 5.3.4 too big", "size"],
  [550, "550 5.2.1 disabled", "mailbox"],
  [554, "554 5.7.1 rejected as spam", "policy"],
  [554, "554 5.6.0 bad content", "content"],
  [451, "451 4.7.1 greylisted", "policy"],
  [451, "451 try later", "temporary"],
  [554, "554 no", "policy"],
] as const)
  test(`"${reply}" is of the class ${bounce}`, () => {
    expect(bounceClassOf(code, reply)).toBe(bounce);
  });

test("an SMTP address says whether it is in the clear; nothing leaves the machine so unasked", () => {
  expect(smtpServerOf("smtp://127.0.0.1:2525")).toMatchObject({ port: 2525, requireTls: false });
  expect(smtpServerOf("smtp://mail.example")).toMatchObject({ port: 587, requireTls: true });
  expect(smtpServerOf("smtps://a%40b:c@mail.example")).toMatchObject({
    port: 465,
    secure: true,
    user: "a@b",
    password: "c",
  });
  for (const bad of ["mail.example", "http://mail.example", "smtp://"])
    expect(() => smtpServerOf(bad)).toThrow("configuration");
});
