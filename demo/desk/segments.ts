// The demo's segments: read from segments.yaml, put at a region's server, and read back with their sizes.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { Segment, SegmentState } from "../../sdk/schema/segment.ts";

const requestMilliseconds = 5_000;
const file = fileURLToPath(new URL("../segments.yaml", import.meta.url));

/** A region's server, asked with the tenant's own token. */
export interface Tenant {
  readonly server: string;
  readonly token: string;
}

export const ask = ({ server, token }: Tenant, path: string, init: RequestInit = {}) =>
  fetch(`${server}${path}`, {
    signal: AbortSignal.timeout(requestMilliseconds),
    ...init,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });

/** Puts every segment of the file; `campaigns` has the id of each sample. */
export async function putSegments(
  tenant: Tenant,
  campaigns: Readonly<Record<string, string>>,
): Promise<void> {
  const Named = Segment.extend({ campaign: z.string() });
  const { segments } = z
    .strictObject({ segments: z.array(Named) })
    .parse(parse(await readFile(file, "utf8")));
  for (const named of segments) {
    const segment = Segment.parse({ ...named, campaign: campaigns[named.campaign] });
    const response = await ask(tenant, `/v1/segments/${segment.id}`, {
      method: "PUT",
      body: JSON.stringify(segment),
    });
    if (!response.ok)
      throw new Error(
        `segment ${segment.id} was refused: ${(await response.text()).slice(0, 500)}`,
      );
    await response.body?.cancel();
  }
}

/** What the tenant itself is told. */
export async function segmentsOf(tenant: Tenant): Promise<SegmentState[]> {
  const response = await ask(tenant, "/v1/segments");
  if (!response.ok) throw new Error(`segments answered ${response.status}`);
  return z.object({ segments: z.array(SegmentState) }).parse(await response.json()).segments;
}
