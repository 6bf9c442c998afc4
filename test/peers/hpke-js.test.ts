import { randomBytes } from "node:crypto";
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { describe, expect, test } from "vitest";
import { hex, utf8 } from "../../sdk/bytes.ts";
import { sealBase, setupBaseS } from "../../sdk/hpke/hpke.ts";
import { openBase, setupBaseR } from "../../sdk/hpke/open-base.ts";
import { generateSeed, regionPublicKey } from "../../sdk/node/region-key.ts";

const bytes = (length: number) => Uint8Array.from(randomBytes(length));
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const rounds = 40;

/** One exchange: a region's key in both forms, and something to seal. */
async function exchange(round: number) {
  const seed = generateSeed();
  const pkR = regionPublicKey(seed);
  return {
    seed,
    pkR,
    recipientPublicKey: await suite.kem.deserializePublicKey(pkR),
    recipientKey: await suite.kem.importKey("raw", seed.slice().buffer, false),
    info: bytes(round),
    aad: bytes(111),
    pt: bytes(256 + round),
  };
}

describe("hpke-js with X-Wing", () => {
  test("opens what we seal", async () => {
    for (let round = 0; round < rounds; round++) {
      const { pkR, recipientKey, info, aad, pt } = await exchange(round);
      const { enc, ct } = await sealBase(pkR, info, aad, pt);
      const recipient = await suite.createRecipientContext({ recipientKey, enc: enc.buffer, info });
      expect(hex(new Uint8Array(await recipient.open(ct, aad)))).toBe(hex(pt));
    }
  });

  test("seals what we open", async () => {
    for (let round = 0; round < rounds; round++) {
      const { seed, recipientPublicKey, info, aad, pt } = await exchange(round);
      const sender = await suite.createSenderContext({ recipientPublicKey, info });
      const ct = new Uint8Array(await sender.seal(pt, aad));
      const opened = await openBase(new Uint8Array(sender.enc), seed, info, aad, ct);
      expect(opened && hex(opened)).toBe(hex(pt));
    }
  });

  test("exports what we export, whoever sends", async () => {
    const context = utf8("choice root");
    const { seed, pkR, recipientKey, recipientPublicKey, info } = await exchange(5);
    const ours = await setupBaseS(pkR, info);
    const theirs = await suite.createRecipientContext({
      recipientKey,
      enc: ours.enc.buffer,
      info,
    });
    expect(hex(new Uint8Array(await theirs.export(context, 32)))).toBe(
      hex(await ours.context.exportSecret(context, 32)),
    );
    const sender = await suite.createSenderContext({ recipientPublicKey, info });
    const received = await setupBaseR(new Uint8Array(sender.enc), seed, info);
    expect(hex(await received.exportSecret(context, 32))).toBe(
      hex(new Uint8Array(await sender.export(context, 32))),
    );
  });

  test("refuses what we seal under another aad", async () => {
    const { pkR, recipientKey, info, aad, pt } = await exchange(1);
    const { enc, ct } = await sealBase(pkR, info, aad, pt);
    const recipient = await suite.createRecipientContext({ recipientKey, enc: enc.buffer, info });
    await expect(recipient.open(ct, bytes(111))).rejects.toThrow();
  });
});
