import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mintAll, mintPlanOf, type MintedReader } from "../../cli/mint.ts";
import { base64url } from "../../sdk/bytes.ts";
import { choiceKey, shuffleOrder, unpackCodes } from "../../sdk/node/choices.ts";
import { regions } from "../../sdk/region.ts";
import { bytesOf, csvOf, prepared } from "../cli/minting.ts";
import { buildGoPeer, goVersion, type GoPeer } from "./go-peer.ts";

const version = goVersion();
const readersCount = 1_000;
const shuffles: [question: number, count: number][] = [
  [0, 10],
  [49, 50],
];

interface Read {
  readonly reader?: string;
  readonly choices?: [number, number][];
  readonly orders?: number[][];
  readonly problem?: string;
}

describe.skipIf(version === undefined)(
  `sealed choices read by Go (${version ?? "skipped: there is no Go of at least 1.26"})`,
  () => {
    let peer: GoPeer;
    beforeAll(() => {
      peer = buildGoPeer("go-choices");
    }, 120_000);
    afterAll(() => peer.remove());

    test("every vector of roots, codes and shuffles comes to the same outcome", () => {
      expect(JSON.parse(peer.run("check"))).toEqual({ failed: [], passed: 10 + 111 });
    });

    test("every code of a campaign of a thousand readers, from the regions' seeds and the published enc alone", async () => {
      const { keys, minting } = await prepared();
      const rows = Array.from(
        { length: readersCount },
        (_, index) => `reader-${index},${regions[index % 3]}`,
      );
      const minted: MintedReader[] = [];
      for await (const reader of mintAll(minting, csvOf(`id,region\n${rows.join("\n")}\n`)))
        if ("message" in reader) throw new Error(reader.message);
        else minted.push(reader);
      const campaign = {
        tenant: 9,
        campaign: minting.campaign.id,
        shuffles,
        regions: minting.roots.roots.map(({ region, keyId, enc }) => ({
          region,
          keyId,
          enc,
          seed: keys.regions[region].keys.find((key) => key.keyId === keyId)?.seed,
        })),
      };
      const read = (mails: readonly object[]): Read[] =>
        peer
          .run("read", [campaign, ...mails].map((line) => JSON.stringify(line)).join("\n"))
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Read); // What the peer writes.
      const mails = minted.map(({ region, invitation, codes }) => ({
        region,
        invitation,
        codes: unpackCodes(codes),
      }));
      const roots = mintPlanOf(minting).roots;
      expect(minting.plan.choices).toHaveLength(10 + 5 + 2);
      expect(read(mails)).toEqual(
        minted.map(({ region, pseudonym }) => {
          const root = roots.get(region) ?? bytesOf("");
          const key = choiceKey(root, pseudonym);
          return {
            reader: base64url(pseudonym),
            choices: minting.plan.choices,
            orders: shuffles.map(([question, count]) => shuffleOrder(key, question, count)),
          };
        }),
      );
      // A mail with one code of the next reader, one with the invitation of another region's.
      const [first, second] = mails;
      const spliced = { ...first, codes: [...(first?.codes.slice(1) ?? []), second?.codes[0]] };
      expect(read([spliced, { ...first, region: "us" }])).toEqual([
        { problem: "choice-invalid" },
        { problem: "choice-invalid" },
      ]);
    });
  },
);
