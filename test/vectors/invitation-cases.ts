// The cases of invitation.json: texts, the keys that are known, the time, and the outcome.
import { base64url, concat, hex, u32, utf8, type Bytes } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519 } from "../../sdk/ed25519.ts";
import { encodeInvitation, mintInvitation, type Invitation } from "../../sdk/invitation.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import { regions } from "../../sdk/region.ts";
import { fixedBytes, flipped, replaced } from "./deterministic.ts";

export interface InvitationCase {
  readonly comment: string;
  readonly expect: "verified" | ProblemCode;
  readonly invitation: string;
  /** Unix seconds. */
  readonly now: number;
  /** Of what is verified: all that it says, `campaign` and `reader` in hexadecimal. */
  readonly body?: object;
}

const seed = fixedBytes("invitation key", 32);
const foreignSeed = fixedBytes("foreign invitation key", 32);
const [tenant, keyId, expiresAt, before] = [1234, 7, 1_800_000_000, 1_790_000_000];

/** The keys that a verifier of these cases knows. */
export const knownKeys = async () => [
  { tenant, keyId, publicKey: hex(await publicKeyOfSeed(seed)), seed: hex(seed) },
  { tenant: 0xffffffff, keyId: 255, publicKey: hex(await publicKeyOfSeed(seed)), seed: hex(seed) },
];

const usual: Invitation = {
  keyId,
  region: "eu",
  test: false,
  visit: false,
  tenant,
  campaign: fixedBytes("invitation campaign", 8),
  reader: fixedBytes("invitation reader", 16),
  notice: 3,
  expiresAt,
};

const jsonOf = (body: Invitation) => ({
  ...body,
  campaign: hex(body.campaign),
  reader: hex(body.reader),
});

/** Signs any 38 bytes, right or wrong. */
const signed = async (body: Bytes, context = "maily invitation v1\0", by = seed): Promise<Bytes> =>
  concat(body, await signEd25519(by, concat(utf8(context), body)));

async function goodCases(): Promise<InvitationCase[]> {
  const bodies: [string, Partial<Invitation>, number?][] = [
    ...regions.map((region): [string, Partial<Invitation>] => [`region ${region}`, { region }]),
    ["a test send", { test: true }],
    ["a visit", { visit: true }],
    ["a test visit", { test: true, visit: true }],
    [
      "the greatest of everything",
      { tenant: 0xffffffff, keyId: 255, notice: 0xffff, expiresAt: 0xffffffff },
    ],
    ["a campaign and reader of zeros", { campaign: new Uint8Array(8), reader: new Uint8Array(16) }],
    ["its last second", {}, expiresAt - 1],
    ["the first second there is", {}, 0],
  ];
  return Promise.all(
    bodies.map(async ([comment, changed, now = before]) => {
      const body = { ...usual, ...changed };
      const invitation = await mintInvitation(body, seed);
      return { comment, expect: "verified" as const, invitation, now, body: jsonOf(body) };
    }),
  );
}

/** A body signed as it should be, whose bytes cannot be. */
async function formCases(): Promise<InvitationCase[]> {
  const body = encodeInvitation(usual);
  const changes: [string, number, number][] = [
    ...[0, 2, 0x81, 255].map((byte): [string, number, number] => [`version ${byte}`, 0, byte]),
    ...[0, 4, 0x81, 255].map((byte): [string, number, number] => [`region ${byte}`, 2, byte]),
    ...[4, 5, 8, 16, 128, 255].map((byte): [string, number, number] => [`flags ${byte}`, 3, byte]),
  ];
  return Promise.all(
    changes.map(async ([comment, index, byte]) => ({
      comment,
      expect: "invitation-malformed" as const,
      invitation: base64url(await signed(replaced(body, index, Uint8Array.of(byte)))),
      now: before,
    })),
  );
}

async function textCases(): Promise<InvitationCase[]> {
  const good = await mintInvitation(usual, seed);
  const bytes = await signed(encodeInvitation(usual));
  const standard = Buffer.from(replaced(bytes, 8, Uint8Array.of(0xfb, 0xff, 0xbf))).toString(
    "base64",
  );
  const texts: [string, string][] = [
    ["no text", ""],
    ["a character less", good.slice(0, -1)],
    ["a character more", `${good}A`],
    ["four characters less", good.slice(0, -4)],
    ["four characters more", `${good}AAAA`],
    ["padding", `${good.slice(0, -2)}==`],
    ["padding added", `${good}====`],
    ["the alphabet of plain base64", standard],
    ["a space at the end", `${good} `],
    ["a space at the beginning", ` ${good}`],
    ["a space within", `${good.slice(0, 60)} ${good.slice(61)}`],
    ["a line break within", `${good.slice(0, 76)}\r\n${good.slice(76)}`],
    ["a percent sign within", `${good.slice(0, 60)}%2D${good.slice(63)}`],
    ["a zero byte within", `${good.slice(0, 60)}\0${good.slice(61)}`],
    ["a letter beyond ASCII within", `${good.slice(0, 60)}ä${good.slice(61)}`],
    ["a full stop within, as where a question follows", `${good}.0.1`],
    ["itself twice", good + good],
    ["hexadecimal", hex(bytes)],
  ];
  return texts.map(([comment, invitation]) => ({
    comment: `spelt with ${comment}`,
    expect: "invitation-malformed",
    invitation,
    now: before,
  }));
}

async function forgedCases(): Promise<InvitationCase[]> {
  const body = encodeInvitation(usual);
  const bytes = await signed(body);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${hex(bytes.slice(70).reverse())}`) + order;
  const malleated = Uint8Array.from(Buffer.from(s.toString(16).padStart(64, "0"), "hex")).reverse();
  const changes: [string, Bytes][] = [
    // Version, region and flags are what the form itself refuses or, changed to another right value, the signature does.
    ["region us", replaced(bytes, 2, Uint8Array.of(2))],
    ["the test flag", replaced(bytes, 3, Uint8Array.of(1))],
    ["the visit flag", replaced(bytes, 3, Uint8Array.of(2))],
    ...[1, ...Array.from({ length: 34 }, (_, index) => index + 4)].map((index): [string, Bytes] => [
      `byte ${index}`,
      flipped(bytes, index, index % 8),
    ]),
    ...[38, 54, 69, 70, 86, 101].map((index): [string, Bytes] => [
      `the signature's byte ${index - 38}`,
      flipped(bytes, index, index % 8),
    ]),
    ["a signature of zeros", replaced(bytes, 38, new Uint8Array(64))],
    ["the signature's s raised by the group's order", replaced(bytes, 70, malleated)],
    ["the signature's halves swapped", concat(body, bytes.slice(70), bytes.slice(38, 70))],
    ["a foreign key's signature", await signed(body, undefined, foreignSeed)],
    ["a signature without context", await signed(body, "")],
    ["a signature for version 2", await signed(body, "maily invitation v2\0")],
    ["a signature of another kind of document", await signed(body, "maily key config v1\0")],
    ["a context without its zero byte", await signed(body, "maily invitation v1")],
    ["a key id that nobody has", await signed(replaced(body, 1, Uint8Array.of(8)))],
    ["a tenant that nobody is", await signed(replaced(body, 4, u32(tenant + 1)))],
    ["tenant 0", await signed(replaced(body, 4, u32(0)))],
  ];
  return changes.map(([comment, changed]) => ({
    comment: `changed or signed wrongly: ${comment}`,
    expect: "invitation-forged",
    invitation: base64url(changed),
    now: before,
  }));
}

const expired = (comment: string, text: string, now: number): InvitationCase => ({
  comment,
  expect: "invitation-expired",
  invitation: text,
  now,
});

async function expiredCases(): Promise<InvitationCase[]> {
  const invitation = await mintInvitation(usual, seed);
  const early = await mintInvitation({ ...usual, expiresAt: 0 }, seed);
  return [
    expired("at the very second it expires", invitation, expiresAt),
    expired("a second after", invitation, expiresAt + 1),
    expired("a year after", invitation, expiresAt + 31_536_000),
    expired("an expiry of zero", early, 0),
    expired("an expiry of zero, today", early, before),
  ];
}

export async function invitationCases(): Promise<InvitationCase[]> {
  return [
    ...(await goodCases()),
    ...(await formCases()),
    ...(await textCases()),
    ...(await forgedCases()),
    ...(await expiredCases()),
  ];
}
