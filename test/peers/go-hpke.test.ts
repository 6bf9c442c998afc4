import { execFileSync } from "node:child_process";
import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { concat, hex, u16, utf8 } from "../../sdk/bytes.ts";
import { exportSecret, keySchedule } from "../../sdk/hpke/key-schedule.ts";
import { decap } from "../../sdk/hpke/xwing-decap.ts";
import { encap } from "../../sdk/hpke/xwing.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { fromHex } from "../vectors/read.ts";
import { buildGoPeer, goEnvironment, goVersion, type GoPeer } from "./go-peer.ts";
import { ourAnswers, seamLines } from "./seam-lines.ts";

const version = goVersion();
const linesCount = 120;

describe.skipIf(version === undefined)(
  `Go's crypto/hpke (${version ?? "skipped: there is no Go of at least 1.26"})`,
  () => {
    let peer: GoPeer;
    beforeAll(() => {
      peer = buildGoPeer();
    }, 120_000);
    afterAll(() => peer.remove());

    test("reads every vector of envelopes and invitations, and comes to the same outcome", () => {
      expect(JSON.parse(peer.run("check"))).toEqual({ failed: [], passed: 197 + 102 });
    });

    test("opens what we seal", async () => {
      const lines = seamLines(linesCount);
      const sealed = await ourAnswers("seal", lines);
      const opened = peer.answers(
        "open",
        lines.map((line, index) => ({ ...line, ...sealed[index] })),
      );
      expect(opened).toEqual(lines.map(({ payload }) => ({ payload })));
    });

    test("seals what we open", async () => {
      const lines = seamLines(linesCount);
      const sealed = peer.answers("seal", lines);
      const opened = await ourAnswers(
        "open",
        lines.map((line, index) => ({ ...line, ...sealed[index] })),
      );
      expect(opened).toEqual(lines.map(({ payload }) => ({ payload })));
    });

    test("refuses what we seal as soon as it is to be bound to something else, as we do", async () => {
      const lines = seamLines(linesCount);
      const sealed = await ourAnswers("seal", lines);
      const replayed = lines.map((line, index) => ({
        ...line,
        ...sealed[index],
        ...[
          { tenant: 7 },
          { reader: line.submissionId },
          { consent: {} },
          { keyId: 255 - line.keyId },
        ][index % 4],
      }));
      expect(peer.answers("open", replayed)).toEqual(
        lines.map(() => ({ problem: "envelope-unopenable" })),
      );
      expect(await ourAnswers("open", replayed)).toEqual(
        lines.map(() => ({ problem: expect.objectContaining({ code: "envelope-unopenable" }) })),
      );
    });
  },
);

interface GoVector {
  readonly kem_id: number;
  readonly kdf_id: number;
  readonly aead_id: number;
  readonly info: string;
  readonly ikmE: string;
  readonly skRm: string;
  readonly pkRm: string;
  readonly enc: string;
  readonly shared_secret: string;
  readonly suite_id: string;
  readonly key: string;
  readonly base_nonce: string;
  readonly exporter_secret: string;
  readonly encryptions: readonly { aad: string; ct: string; nonce: string; pt: string }[];
  readonly exports: readonly { exporter_context: string; L: number; exported_value: string }[];
}

/** The vectors of draft-ietf-hpke-pq for X-Wing that Go is tested with, read where Go is installed. */
function goVectors(): GoVector[] {
  if (version === undefined) return [];
  const goRoot = execFileSync("go", ["env", "GOROOT"], {
    encoding: "utf8",
    env: goEnvironment,
  }).trim();
  const text = readFileSync(join(goRoot, "src/crypto/hpke/testdata/hpke-pq.json"), "utf8");
  return (JSON.parse(text) as GoVector[]).filter((vector) => vector.kem_id === 0x647a); // As Go's own test reads them.
}

describe.skipIf(version === undefined)("Go's vectors of draft-ietf-hpke-pq for X-Wing", () => {
  const vectors = goVectors();

  for (const vector of vectors)
    test(`KEM 0x647a, beside KDF ${vector.kdf_id}`, async () => {
      const seed = fromHex(vector.skRm);
      expect(hex(regionPublicKey(seed))).toBe(vector.pkRm);
      const { enc, sharedSecret } = await encap(fromHex(vector.pkRm), fromHex(vector.ikmE));
      expect(hex(enc)).toBe(vector.enc);
      expect(hex(sharedSecret)).toBe(vector.shared_secret);
      expect(hex(await decap(enc, seed))).toBe(vector.shared_secret);
    });

  for (const vector of vectors.filter(({ kdf_id }) => kdf_id === 1))
    test(`HKDF-SHA256, beside AEAD ${vector.aead_id}`, async () => {
      const suite = concat(utf8("HPKE"), u16(0x647a), u16(1), u16(vector.aead_id));
      expect(hex(suite)).toBe(vector.suite_id);
      const expand = await keySchedule(fromHex(vector.info), suite)(fromHex(vector.shared_secret));
      const [key, nonce] = [await expand("key", 32), await expand("base_nonce", 12)];
      expect(hex(key)).toBe(vector.key);
      expect(hex(nonce)).toBe(vector.base_nonce);
      expect(hex(await expand("exp", 32))).toBe(vector.exporter_secret);
      for (const { exporter_context, L, exported_value } of vector.exports)
        expect(hex(await exportSecret(expand, fromHex(exporter_context), L, suite))).toBe(
          exported_value,
        );
      const [first] = vector.encryptions;
      const ct = fromHex(first?.ct ?? "");
      const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
      decipher.setAAD(fromHex(first?.aad ?? ""), { plaintextLength: ct.length - 16 });
      decipher.setAuthTag(ct.subarray(-16));
      const pt = decipher.update(ct.subarray(0, -16), undefined, "hex") + decipher.final("hex");
      expect(pt).toBe(first?.pt);
    });

  test("no vector is skipped: two of our KEM, one of them with our KDF", () => {
    expect(vectors.map(({ kdf_id }) => kdf_id)).toEqual([0x01, 0x11]);
  });
});
