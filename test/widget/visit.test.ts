import { beforeAll, expect, test } from "vitest";
import { generateKeys, type Keys } from "../../cli/keygen.ts";
import { base64url, fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { mintInvitation } from "../../sdk/invitation.ts";
import { problemCodes } from "../../sdk/problem.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Notice } from "../../sdk/schema/widget.ts";
import { reasonOf } from "../../widget/web/reasons.ts";
import { visitOf } from "../../widget/web/visit.ts";
import { allKinds } from "./fixtures/all-kinds.ts";

const now = Date.parse("2026-11-20T12:00:00Z");
const dayMilliseconds = 86_400_000;
const campaign = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const { notice, ...definition } = allKinds;

let keys: Keys;
let rootKey: Bytes;
let manifest: Manifest;
beforeAll(async () => {
  keys = await generateKeys(1, now - dayMilliseconds);
  rootKey = fromBase64url(keys.deployment.directory.root) ?? new Uint8Array();
  manifest = {
    id: base64url(campaign),
    tenant: 1,
    revision: 1,
    regions: ["eu", "us"],
    opensAt: new Date(now - dayMilliseconds).toISOString(),
    closesAt: new Date(now + dayMilliseconds).toISOString(),
    definition,
    notice,
    invitationKeys: [],
    status: "open",
    keys: [...keys.deployment.directory.keys],
    operatorKeyId: "x",
    signature: "x",
  };
});

const invite = (more: { campaign?: Bytes; expiresAt?: number } = {}): Promise<string> =>
  mintInvitation(
    {
      keyId: 1,
      region: "eu",
      test: false,
      visit: false,
      tenant: 1,
      campaign,
      reader: new Uint8Array(16),
      notice: 1,
      expiresAt: now / 1000 + 3600,
      ...more,
    },
    new Uint8Array(32),
  );

const around = () => ({ now, gpc: false, rootKey });

test("a reader with an invitation to an open campaign may answer", async () => {
  const visit = await visitOf(manifest, await invite(), around());
  expect(visit).toMatchObject({ withheld: [], invited: { body: { region: "eu" } } });
});

test("each reason not to answer is found before anything is asked", async () => {
  const day = new Date(now + dayMilliseconds).toISOString();
  const invitation = await invite();
  expect(await visitOf({ ...manifest, opensAt: day }, invitation, around())).toBe("pending");
  expect(await visitOf({ ...manifest, closesAt: manifest.opensAt }, invitation, around())).toBe(
    "closed",
  );
  expect(await visitOf(manifest, undefined, around())).toBe("uninvited");
  expect(await visitOf(manifest, invitation.slice(1), around())).toBe("uninvited");
  const elsewhere = await invite({ campaign: new Uint8Array(8) });
  expect(await visitOf(manifest, elsewhere, around())).toBe("uninvited");
  const late = await invite({ expiresAt: now / 1000 });
  expect(await visitOf(manifest, late, around())).toBe("expired");
  expect(await visitOf({ ...manifest, keys: [] }, invitation, around())).toBe("keys");
  const otherRoot = { ...around(), rootKey: new Uint8Array(32) };
  expect(await visitOf(manifest, invitation, otherRoot)).toBe("keys");
});

const noticeOf = (purposes: Notice["purposes"]): Manifest => ({
  ...manifest,
  notice: { ...notice, purposes },
});

test("Global Privacy Control takes sharing out of what is asked, and says what it took", async () => {
  const visit = await visitOf(manifest, await invite(), { ...around(), gpc: true });
  if (typeof visit === "string") throw new Error(visit);
  expect(visit.purposes.map(({ id }) => id)).toEqual(["results", "personalisation"]);
  expect(visit.withheld.map(({ id }) => id)).toEqual(["partners"]);
});

test("where taking part needs sharing, Global Privacy Control ends it", async () => {
  const sharing = notice.purposes.map((purpose) => ({ ...purpose, sharing: true }));
  const gpc = { ...around(), gpc: true };
  expect(await visitOf(noticeOf(sharing), await invite(), gpc)).toBe("control");
  const optional = sharing.map((purpose) => ({ ...purpose, required: false }));
  expect(await visitOf(noticeOf(optional), await invite(), gpc)).toBe("control");
});

test("every code of an answer that no second try can mend has its words", () => {
  const final = problemCodes.filter((code) => reasonOf(code) !== undefined);
  expect(final.toSorted()).toEqual([
    "campaign-closed",
    "campaign-mismatch",
    "campaign-unknown",
    "invitation-expired",
    "invitation-forged",
    "invitation-malformed",
    "not-found",
    "region-mismatch",
  ]);
});
