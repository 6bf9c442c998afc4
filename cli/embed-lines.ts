// What a site's developer pastes, once a campaign with a site is published.
import { createHash } from "node:crypto";
import type { Campaign } from "../sdk/schema/campaign.ts";

const answerMilliseconds = 15_000;
/** A loader has two kilobytes; whatever is there beyond this is none. */
const loaderBytesMax = 100_000;
/** As the build names it (widget/loader-build.ts). */
const digestCharacters = 16;

const digestOf = (algorithm: string, bytes: Uint8Array, encoding: "hex" | "base64"): string =>
  createHash(algorithm).update(bytes).digest(encoding);

async function fetchScript(address: string): Promise<Uint8Array | undefined> {
  const response = await fetch(address, { signal: AbortSignal.timeout(answerMilliseconds) }).catch(
    () => undefined,
  );
  if (response?.ok !== true) return undefined;
  const bytes = new Uint8Array(await response.arrayBuffer());
  return bytes.length <= loaderBytesMax ? bytes : undefined;
}

/** The loader under a name that keeps its bytes, and their digest (Subresource Integrity). */
async function pinnedLoader(edge: string): Promise<string | undefined> {
  const loader = await fetchScript(`${edge}/embed.js`);
  if (loader === undefined) return undefined;
  const name = digestOf("sha256", loader, "hex").slice(0, digestCharacters);
  const address = `${edge}/embed/${name}.js`;
  const pinned = await fetchScript(address);
  return (
    pinned &&
    `<script src="${address}" integrity="sha384-${digestOf("sha384", pinned, "base64")}" crossorigin async></script>`
  );
}

/** Nothing for a campaign that no site embeds. */
export async function embedLines(edge: string, { id, site }: Campaign): Promise<string[]> {
  if (site === undefined) return [];
  const pinned = await pinnedLoader(edge);
  return [
    `on ${site.origins.join(", ")}:`,
    `  <script src="${edge}/embed.js" async></script>`,
    `  <maily-widget campaign="${id}" edge="${edge}" embed-key="${site.embedKey}"></maily-widget>`,
    ...(pinned === undefined ? [] : ["or the loader as it is now, for good:", `  ${pinned}`]),
  ];
}
