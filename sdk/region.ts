/** The legal regions an answer can be pinned to, with their wire byte (SPEC §3). Region is legal, never a cloud's. */
export const regionCodes = { eu: 1, us: 2, apac: 3 } as const;

export type Region = keyof typeof regionCodes;

export const regions: readonly Region[] = ["eu", "us", "apac"];

export const isRegion = (name: unknown): name is Region =>
  typeof name === "string" && Object.hasOwn(regionCodes, name);

/** The region of a wire byte, or undefined: there is no default region (SPEC §4, promise 2). */
export const regionOfCode = (code: number): Region | undefined =>
  regions.find((region) => regionCodes[region] === code);
