// A reader's own copy: relayed to the region's server and back, recorded nowhere.
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { SealedCopy } from "../../sdk/schema/submission.ts";
import { instant, invite, randomBytes } from "../edge-process/fixture.ts";
import {
  copiesOf,
  expectProblem,
  logged,
  post,
  publish,
  rowsOf,
  setMood,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});
afterEach(async () => {
  await setMood("eu");
  await setMood("apac");
});

/** An X-Wing public key is 1,216 bytes. */
const publicKey = base64url(randomBytes(1216));

const ask = async (
  region: Region = "eu",
  changes: Parameters<typeof invite>[3] = {},
  own: Campaign = campaign,
) => ({ invitation: await invite(tenant, own, region, changes), publicKey });

for (const region of ["eu", "apac"] as const)
  test(`a copy comes from the server of ${region}, sealed, and nothing is recorded`, async () => {
    const body = await ask(region);
    const before = await rowsOf("eu");
    const response = await post("/v1/my-data", body);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(SealedCopy.parse(await response.json()).envelope).toHaveLength(1_600);
    expect((await copiesOf(region)).at(-1)).toEqual(body);
    expect(await rowsOf("eu")).toEqual(before);
    expect(await takenBy(region, campaign.id)).toEqual([]);
  });

test("an expired invitation of a closed campaign still gives a copy", async () => {
  const closed = await publish({ opensAt: instant(-2_000), closesAt: instant(-1_000) });
  const body = await ask("eu", { expiresAt: Math.floor(Date.now() / 1000) - 60 }, closed);
  expect((await post("/v1/my-data", body)).status).toBe(200);
});

for (const region of ["eu", "apac"] as const)
  test(`a reader in ${region} may have five an hour, and others are not kept from theirs`, async () => {
    const body = await ask(region);
    for (let sent = 0; sent < 5; sent++) expect((await post("/v1/my-data", body)).status).toBe(200);
    const before = (await copiesOf(region)).length;
    const response = await post("/v1/my-data", body);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(3_000);
    await expectProblem(response, "rate-limited");
    expect(await copiesOf(region)).toHaveLength(before);
    expect((await post("/v1/my-data", await ask(region))).status).toBe(200);
  });

test("the largest copy is relayed, and what is larger than any is not", async () => {
  await setMood("eu", { copy: 8_000_000 });
  const whole = await post("/v1/my-data", await ask());
  expect((await whole.json<SealedCopy>()).envelope).toHaveLength(8_000_000);
  await setMood("eu", { copy: 8_000_001 });
  await expectProblem(await post("/v1/my-data", await ask()), "region-unavailable");
  await setMood("eu", { copy: 9_000_000 });
  await expectProblem(await post("/v1/my-data", await ask()), "region-unavailable");
});

describe("refused", () => {
  test("a forged invitation, another region's, and what is no request", async () => {
    const before = (await copiesOf("eu")).length;
    await expectProblem(
      await post("/v1/my-data", await ask("eu", { keyId: 9 })),
      "invitation-forged",
    );
    const elsewhere = await publish({ regions: ["us"] });
    await expectProblem(
      await post("/v1/my-data", await ask("eu", {}, elsewhere)),
      "region-mismatch",
    );
    await expectProblem(await post("/v1/my-data", { publicKey }), "malformed-request");
    // Short ones too: a key that no copy can be sealed to must not reach the region.
    for (const wrong of ["", "AAAA", publicKey.slice(4), "A".repeat(1_701)])
      await expectProblem(
        await post("/v1/my-data", { ...(await ask()), publicKey: wrong }),
        "malformed-request",
      );
    await expectProblem(
      await post("/v1/my-data", { ...(await ask()), more: "A".repeat(4_096) }),
      "body-too-large",
    );
    expect(await copiesOf("eu")).toHaveLength(before);
  });

  test("a server that is away, that cuts the connection, or that is at fault is a region that is away", async () => {
    for (const mood of [
      { away: true },
      { cut: true },
      { copy: "signature-invalid" },
      { copy: "internal" },
    ]) {
      await setMood("eu", mood);
      const lines = await logged(async () => {
        await expectProblem(await post("/v1/my-data", await ask()), "region-unavailable");
      });
      expect(lines.join("")).not.toContain(publicKey.slice(0, 40));
    }
  });

  test("what the server says of the request, the reader is told", async () => {
    for (const code of ["campaign-unknown", "malformed-request", "rate-limited"] as const) {
      await setMood("eu", { copy: code });
      await expectProblem(await post("/v1/my-data", await ask()), code);
    }
  });
});
