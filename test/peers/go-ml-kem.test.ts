import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { hex } from "../../sdk/bytes.ts";
import { mlKem768 } from "../../sdk/hpke/ml-kem.ts";
import { fromHex } from "../vectors/read.ts";
import { buildGoPeer, goVersion } from "./go-peer.ts";

const version = goVersion();
const casesCount = 1000;

interface Encapsulated {
  readonly publicKey: string;
  readonly ciphertext: string;
  readonly sharedSecret: string;
}

test.skipIf(version === undefined)(
  `Go's crypto/mlkem encapsulates the same from the same coins, 1,000 times (${version ?? "skipped: there is no Go of at least 1.26"})`,
  async () => {
    const peer = buildGoPeer("go-ml-kem");
    const asked = Array.from({ length: casesCount }, (_, index) => ({
      seed: randomBytes(64).toString("hex"),
      // Coins of one value too: no bit of the message is then hidden behind others.
      coins: (index < 256 ? Buffer.alloc(32, index) : randomBytes(32)).toString("hex"),
    }));
    const answers = peer
      .run("encapsulate", asked.map((line) => JSON.stringify(line)).join("\n"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Encapsulated); // The peer's own form, above.
    peer.remove();
    expect(answers).toHaveLength(casesCount);
    const ours = await mlKem768();
    for (const [index, { publicKey, ...wanted }] of answers.entries()) {
      const { ciphertext, sharedSecret } = ours.encapsulate(
        fromHex(publicKey),
        fromHex(asked[index]?.coins ?? ""),
      );
      expect({ ciphertext: hex(ciphertext), sharedSecret: hex(sharedSecret) }).toEqual(wanted);
    }
  },
  120_000,
);
