// The files of a deployment's keys, read as a whole and written so that no seed is ever without a file.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../sdk/problem.ts";
import { regions, type Region } from "../../sdk/region.ts";
import {
  Deployment,
  EdgeSecrets,
  OperatorSecrets,
  RegionSecrets,
  TenantSecrets,
} from "../../sdk/schema/deployment.ts";
import { Deployed } from "../deploy/live.ts";
import { deploymentFile, edgeFile, operatorFile, regionFile, tenantFile } from "../keygen.ts";
import { readJson } from "../read-json.ts";
import { writeWhole } from "../write-whole.ts";

/** What of a deployment is in a folder; each file may be with its holder instead. */
export interface Folder {
  readonly deployment: Deployment;
  readonly edge?: EdgeSecrets;
  readonly regions: Readonly<Partial<Record<Region, RegionSecrets>>>;
  readonly tenants: readonly TenantSecrets[];
  readonly operator?: OperatorSecrets;
  /** What `maily deploy` wrote down of each environment: the keys that edges run with, whatever edge.json says by now. */
  readonly deployed: readonly Pick<Deployed, "forwardKeyIds">[];
}

const tenantForm = /^tenant-(\d+)\.json$/;
const deployedForm = /^deployed-.+\.json$/;

/** Problem: configuration-invalid, which names the file. */
export async function readFolder(folder: string): Promise<Folder> {
  const held: Partial<Record<Region, RegionSecrets>> = {};
  for (const region of regions)
    if (existsSync(regionFile(folder, region)))
      held[region] = await readJson(regionFile(folder, region), RegionSecrets);
  const tenants: TenantSecrets[] = [];
  const deployed: Deployed[] = [];
  for (const file of existsSync(folder) ? await readdir(folder) : []) {
    if (deployedForm.test(file)) deployed.push(await readJson(join(folder, file), Deployed));
    const [, tenant] = tenantForm.exec(file) ?? [];
    if (tenant !== undefined)
      tenants.push(await readJson(tenantFile(folder, Number(tenant)), TenantSecrets));
  }
  const deployment = await readJson(deploymentFile(folder), Deployment);
  return {
    deployment,
    regions: held,
    tenants,
    deployed,
    ...(existsSync(edgeFile(folder)) && { edge: await readJson(edgeFile(folder), EdgeSecrets) }),
    ...(existsSync(operatorFile(folder)) && {
      operator: await readJson(operatorFile(folder), OperatorSecrets),
    }),
  };
}

/** Writes what changed, the private halves first: a public key whose seed is nowhere would take answers that nobody opens. */
export async function writeFolder(
  folder: string,
  before: Folder,
  after: Folder,
): Promise<string[]> {
  const files: [string, unknown, unknown, number][] = [
    ...regions.map((region): [string, unknown, unknown, number] => [
      regionFile(folder, region),
      before.regions[region],
      after.regions[region],
      0o600,
    ]),
    [operatorFile(folder), before.operator, after.operator, 0o600],
    [edgeFile(folder), before.edge, after.edge, 0o600],
    ...after.tenants.map((tenant): [string, unknown, unknown, number] => [
      tenantFile(folder, tenant.tenant),
      before.tenants.find((known) => known.tenant === tenant.tenant),
      tenant,
      0o600,
    ]),
    [deploymentFile(folder), before.deployment, after.deployment, 0o644],
  ];
  const written: string[] = [];
  for (const [file, old, now, mode] of files) {
    if (now === undefined || JSON.stringify(old) === JSON.stringify(now)) continue;
    await writeWhole(file, `${JSON.stringify(now, null, 2)}\n`, mode);
    written.push(file);
  }
  return written;
}

/** A part of the folder that a rotation cannot do without. Problem: configuration-invalid. */
export function needed<Part>(part: Part | undefined, file: string, why: string): Part {
  if (part !== undefined) return part;
  throw new Problem("configuration-invalid", {
    detail: `${file} is not in the folder: ${why}. Put it there for this command, or run it where it is kept.`,
  });
}
