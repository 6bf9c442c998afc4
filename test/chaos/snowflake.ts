// A Snowflake for each region, as far as its streaming interface goes, and what a server needs to reach it.
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { regions, type Region } from "../../sdk/region.ts";
import { StreamingPeer } from "../peers/snowflake/streaming-peer.ts";
import { ofRegions, type OfRegions } from "./of-regions.ts";
import { Random } from "./random.ts";

/** Some of what is appended fails by itself, beside the crashes of the schedule. */
const snowflakeFaults = {
  lostAnswer: 0.02,
  lostRequest: 0.02,
  doubled: 0.02,
  tooMany: 0.02,
  broken: 0.02,
  expired: 0.005,
  invalidated: 0.01,
} as const;
const account = "ACME-CHAOS";
const user = "MAILY_LOADER_USER";

export interface Warehouses {
  readonly snowflake: OfRegions<StreamingPeer>;
  /** Of a region's server. */
  readonly environment: (region: Region) => Readonly<Record<string, string>>;
}

export async function startSnowflake(
  seed: number,
  keysFolder: string,
  opened: AsyncDisposableStack,
): Promise<Warehouses> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keyFile = join(keysFolder, "snowflake.p8");
  await writeFile(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const snowflake = await ofRegions(async (region) => {
    const random = new Random(seed, 32 + regions.indexOf(region));
    const pipes = ["RECORDS", "EVENT_RECORDS"];
    const peer = new StreamingPeer({
      account,
      user,
      publicKey,
      pipes,
      random: () => random.next(),
      commitMs: 50,
    });
    peer.faults = snowflakeFaults;
    await peer.listen();
    opened.defer(() => peer.close());
    return peer;
  });
  const environment = (region: Region) => ({
    MAILY_SNOWFLAKE_ACCOUNT: account,
    MAILY_SNOWFLAKE_USER: user,
    MAILY_SNOWFLAKE_KEY_FILE: keyFile,
    MAILY_SNOWFLAKE_HOST: snowflake[region].origin,
  });
  return { snowflake, environment };
}
