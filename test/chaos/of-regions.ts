import { type Region } from "../../sdk/region.ts";

export type OfRegions<Value> = Readonly<Record<Region, Value>>;

/** One of each region, made one after the other. */
export async function ofRegions<Value>(
  make: (region: Region) => Promise<Value>,
): Promise<OfRegions<Value>> {
  return { eu: await make("eu"), us: await make("us"), apac: await make("apac") };
}
