// What the folder of keys says about a deployment, as far as it is here: who deploys the edge need not hold a region's keys.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { regions, type Region } from "../../sdk/region.ts";
import { Deployment, EdgeSecrets, RegionSecrets } from "../../sdk/schema/deployment.ts";
import { EdgeTelemetry } from "../../sdk/schema/telemetry.ts";
import { deploymentFile, edgeFile, regionFile } from "../keygen.ts";
import { readJson } from "../read-json.ts";

export interface KeyFiles {
  readonly deployment: Deployment;
  readonly edge: EdgeSecrets;
  /** Of the regions whose file is here. */
  readonly regions: Readonly<Partial<Record<Region, RegionSecrets>>>;
  /** The edge's optional secret TELEMETRY: with one that it cannot read it would refuse every request. */
  readonly telemetry?: EdgeTelemetry;
}

const telemetryFile = (folder: string): string => join(folder, "telemetry.json");

/** Problem: configuration-invalid, which names the file. */
export async function readKeyFiles(folder: string): Promise<KeyFiles> {
  const held: Partial<Record<Region, RegionSecrets>> = {};
  for (const region of regions)
    if (existsSync(regionFile(folder, region)))
      held[region] = await readJson(regionFile(folder, region), RegionSecrets);
  return {
    deployment: await readJson(deploymentFile(folder), Deployment),
    edge: await readJson(edgeFile(folder), EdgeSecrets),
    regions: held,
    ...(existsSync(telemetryFile(folder)) && {
      telemetry: await readJson(telemetryFile(folder), EdgeTelemetry),
    }),
  };
}
