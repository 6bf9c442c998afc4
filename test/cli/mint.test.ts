import * as fc from "fast-check";
import PostalMime from "postal-mime";
import { describe, expect, test } from "vitest";
import { composed, messageOf, senderOf } from "../../cli/message.ts";
import {
  filledOf,
  mint,
  mintAll,
  mintedOf,
  mintPlanOf,
  type MintedReader,
  type Minting,
} from "../../cli/mint.ts";
import type { RowFault } from "../../cli/readers.ts";
import { parseInvitation, verifyInvitation } from "../../sdk/invitation.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { choiceKey, openChoice, shuffleOrder, unpackCodes } from "../../sdk/node/choices.ts";
import { partsIn } from "../../sdk/mail-plan.ts";
import { bytesOf, csvOf, edgeOfNobody as edge, prepared } from "./minting.ts";

const { keys, minting } = await prepared(
  "<html><body>~maily.field.name.html~ ~maily.field.name.url~ BLOCK</body></html>",
);
const readers = "id,region,email,language,name\n";

async function minted(
  rows: string,
  more: Partial<Minting> = {},
  rules: Parameters<typeof mintAll>[2] = {},
): Promise<(MintedReader | RowFault)[]> {
  const all: (MintedReader | RowFault)[] = [];
  const source = csvOf(rows);
  for await (const row of mintAll({ ...minting, ...more }, source, rules)) all.push(row);
  return all;
}

const readersOnly = (rows: readonly (MintedReader | RowFault)[]): MintedReader[] =>
  rows.flatMap((row) => ("message" in row ? [] : [row]));

test("a test send is to nobody real: what is done with it touches no reader of that id", () => {
  const reader = { id: "ann@example.org", region: "eu" } as const;
  const real = mintedOf(mintPlanOf(minting), reader);
  const trial = mintedOf(mintPlanOf({ ...minting, test: true }), reader);
  expect(parseInvitation(trial.invitation).body.test).toBe(true);
  expect(trial.pseudonym).not.toEqual(real.pseudonym);
  expect(mintedOf(mintPlanOf({ ...minting, test: true }), reader)).toEqual(trial);
});

test("mints a verifiable invitation a row, names each bad row, and goes on", async () => {
  const { plan: _plan, roots: _roots, ...withoutMail } = minting;
  const csv =
    '\u{FEFF}id,region\nann@example.org,eu\n,eu\nBOB@example.org,us\nCee,mars\nANN@example.org,eu\n"d, e",apac\n';
  const campaign: Minting["campaign"] = { ...minting.campaign, regions: ["eu", "apac"] };
  const rows: (MintedReader | RowFault)[] = [];
  for await (const row of mintAll({ ...withoutMail, campaign }, csvOf(csv))) rows.push(row);
  expect(rows.map((row) => ("message" in row ? row.row : row.id))).toEqual([
    "ann@example.org",
    3,
    4,
    5,
    6,
    "d, e",
  ]);
  const key = await publicKeyOfSeed(bytesOf(keys.tenant.invitationKey.seed));
  for (const row of readersOnly(rows)) {
    const { body } = await verifyInvitation(row.invitation, () => key, Date.now() / 1000);
    expect(body).toMatchObject({ region: row.region, tenant: 9, notice: 3, test: false });
    expect(body.reader).toEqual(row.pseudonym);
    expect(row.link).toBe(`${edge}/a/${campaign.id}#${row.invitation}`);
    expect(row.codes).toBe("");
  }
});

test("each reader's codes open with the region's root, in the order of the plan's choices", async () => {
  const rows = readersOnly(await minted(`${readers}1,eu,,,\n2,us,,,\n3,apac,,,\n`));
  expect(rows).toHaveLength(3);
  for (const { region, pseudonym, codes } of rows) {
    const root = minting.roots.roots.find((one) => one.region === region);
    const key = choiceKey(bytesOf(root?.choiceRoot ?? ""), pseudonym);
    expect(unpackCodes(codes).map((code) => openChoice(key, code))).toEqual(
      minting.plan.choices.map(([question, option]) => ({ question, option, channel: "amp" })),
    );
  }
});

test("the same reader gets the same again; a test send is another invitation and says so", async () => {
  const [once] = readersOnly(await minted(`${readers}1,eu,,,\n`));
  const [again] = readersOnly(await minted(`${readers}1,eu,,,\n`));
  const [trial] = readersOnly(await minted(`${readers}1,eu,,,\n`, { test: true }));
  expect(again).toEqual(once);
  expect(parseInvitation(trial?.invitation ?? "").body.test).toBe(true);
  expect(trial?.invitation).not.toBe(once?.invitation);
  expect(await mint(minting, { id: "1", region: "eu" })).toMatchObject({
    invitation: once?.invitation,
    link: once?.link,
  });
});

test("rows before the line to go on from are not minted again, and their ids are known all the same", async () => {
  const text = `${readers}1,eu,,,\n2,eu,,,\nx,mars,,,\n3,eu,,,\n1,us,,,\n`;
  const rows = await minted(text, {}, { after: 4 });
  expect(rows.map((row) => ("message" in row ? row.message : row.id))).toEqual([
    "3",
    "this id came before, in row 2; each reader is invited once",
  ]);
});

describe("refuses", () => {
  const cases: [string, Partial<Minting>, string][] = [
    [
      "a plan of another campaign",
      { plan: { ...minting.plan, campaign: "AAAAAAAAAAA" } },
      "plan is of the campaign",
    ],
    ["a plan of another revision", { plan: { ...minting.plan, revision: 2 } }, "maily compile"],
    ["a plan for another edge", { edge: "https://other.example" }, "links lead to"],
    ["choices without their roots", { roots: undefined }, "in eu is not there"],
    [
      "choices without a region's root",
      { roots: { ...minting.roots, roots: minting.roots.roots.slice(0, 2) } },
      "in apac is not there",
    ],
  ];
  for (const [what, more, detail] of cases)
    test(what, () => {
      expect(() => mintPlanOf({ ...minting, ...more })).toThrow(
        expect.objectContaining({
          code: "configuration-invalid",
          members: { detail: expect.stringContaining(detail) },
        }),
      );
    });

  test("a reader of a region that the campaign does not run in", async () => {
    const campaign: Minting["campaign"] = { ...minting.campaign, regions: ["eu"] };
    await expect(mint({ ...minting, campaign }, { id: "1", region: "us" })).rejects.toMatchObject({
      code: "region-mismatch",
    });
  });
});

test("a mail is filled in the reader's language, with options in the reader's order, and columns encoded", async () => {
  const plan = mintPlanOf(minting);
  const [reader] = readersOnly(
    await minted(`${readers}1,us,a@example.org,de-AT,"<b>""A&o"" ~maily.invitation~"\n`),
  );
  if (reader === undefined) throw new Error("no reader");
  const filled = filledOf(plan, reader, reader);
  expect(filled.subject).toBe("Welches Obst?");
  expect(partsIn(minting.plan, "de-AT")).toBe(minting.plan.parts["de"]);
  expect(filled.html).toContain("&lt;b&gt;&quot;A&amp;o&quot; ~maily.invitation~");
  expect(filled.html).toContain(encodeURIComponent('<b>"A&o" ~maily.invitation~'));
  expect(filled.html).not.toContain("<b>");
  for (const part of [filled.html, filled.text, filled.amp ?? ""])
    expect(part).toContain(reader.invitation);
  for (const code of unpackCodes(reader.codes)) expect(filled.amp).toContain(code);
  const root = minting.roots.roots.find(({ region }) => region === "us");
  const order = shuffleOrder(choiceKey(bytesOf(root?.choiceRoot ?? ""), reader.pseudonym), 0, 10);
  const shown = [...filled.text.matchAll(/Fruit number (\d)/g)].map(([, option]) => Number(option));
  expect(shown).toEqual(order);
});

describe("a message", () => {
  const plan = mintPlanOf(minting);
  const from = senderOf("Ada Löwe <ada@sender.example>");
  const made = async (row: string): Promise<{ raw: string; reader: MintedReader }> => {
    const [reader] = readersOnly(await minted(`${readers}${row}\n`));
    if (reader === undefined) throw new Error("no reader");
    const message = messageOf(plan, reader, filledOf(plan, reader, reader), reader, from);
    return { raw: (await composed(message)).toString("latin1"), reader };
  };

  test("has its three parts, the poorest first, and each decodes to what was filled", async () => {
    const { raw, reader } = await made("1,eu,jo@example.org,de,Jö");
    const types = [...raw.matchAll(/^Content-Type: ([\w/-]+)/gim)].map(([, type]) => type);
    expect(types).toEqual(["multipart/alternative", "text/plain", "text/x-amp-html", "text/html"]);
    const filled = filledOf(plan, reader, reader);
    const parsed = await PostalMime.parse(Buffer.from(raw, "latin1"));
    expect(parsed.html?.trim()).toBe(filled.html.trim());
    expect(parsed.text?.replaceAll("\r\n", "\n").trim()).toBe(filled.text.trim());
    expect(parsed.subject).toBe("Welches Obst?");
    expect(parsed.from).toMatchObject({ name: "Ada Löwe", address: "ada@sender.example" });
    expect(parsed.to).toMatchObject([{ name: "Jö", address: "jo@example.org" }]);
    expect(parsed.messageId).toMatch(/^<[\w-]{24}@sender\.example>$/);
    expect(Number.isNaN(Date.parse(parsed.date ?? ""))).toBe(false);
    // RFC 5322 §2.1.1: no line is longer than 998 characters.
    for (const line of raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
  });

  test("is unsubscribed from with one click", async () => {
    const { raw, reader } = await made("1,eu,jo@example.org,,");
    const unfolded = raw.replaceAll(/\r\n[ \t]+/g, " ");
    expect(unfolded).toContain(`List-Unsubscribe: <${edge}/u/${reader.invitation}>\r\n`);
    expect(unfolded).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
  });

  test("is the same message when made again, and another for another reader", async () => {
    const [one, again, other] = [
      await made("1,eu,jo@example.org,,"),
      await made("1,eu,jo@example.org,,"),
      await made("2,eu,jo@example.org,,"),
    ].map(({ raw }) => /^Message-ID: (.*)\r$/im.exec(raw)?.[1] ?? "");
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test("no column begins a header of its own", async () => {
    const { raw } = await made('1,eu,jo@example.org,,"Jo\nBcc: spy@evil.example\nX: y"');
    const [head = ""] = raw.split("\r\n\r\n");
    expect(head).not.toMatch(/^(Bcc|X):/im);
    const parsed = await PostalMime.parse(Buffer.from(raw, "latin1"));
    expect(parsed.to).toHaveLength(1);
    expect(parsed.bcc ?? []).toEqual([]);
  });

  test("goes nowhere without an address", () => {
    const one = mintedOf(plan, { id: "1", region: "eu" });
    const fields = { name: "" };
    const filled = filledOf(plan, one, { language: "en", fields });
    const reader = { email: undefined, language: "en", fields };
    expect(() => messageOf(plan, one, filled, reader, from)).toThrow("configuration");
  });
});

test("a sender is an address, with a name or without", () => {
  expect(senderOf("ada@sender.example")).toEqual({ name: "", address: "ada@sender.example" });
  expect(senderOf('"Ada, Ltd" <ada@sender.example>')).toEqual({
    name: "Ada, Ltd",
    address: "ada@sender.example",
  });
  for (const bad of ["", "Ada", "a@b <c@d", "<a@b> <c@d>", "a@b\nBcc: c@d", "a b@c", "@x", "x@"])
    expect(() => senderOf(bad), bad).toThrow("configuration");
});

const count = (text: string, form: RegExp): number => text.match(form)?.length ?? 0;

test("whatever a column holds, no part gains a tag, an attribute or a token of ours", () => {
  const plan = mintPlanOf(minting);
  const one = mintedOf(plan, { id: "1", region: "eu" });
  const plain = filledOf(plan, one, { language: "en", fields: { name: "x" } });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const filled = filledOf(plan, one, { language: "en", fields: { name } });
      for (const form of [/</g, />/g, /"/g])
        expect(count(filled.html, form)).toBe(count(plain.html, form));
    }),
  );
});
