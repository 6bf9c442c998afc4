// Pictures of widgets: whose operator may put them, where they are, and what a campaign must not name.
import { hex, type Bytes } from "../sdk/bytes.ts";
import { sha256 } from "../sdk/canonical.ts";
import { imageLimits, imageName, imageTypeOf } from "../sdk/image-type.ts";
import { imagesOf } from "../sdk/images.ts";
import { Problem } from "../sdk/problem.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { Bindings } from "./env.ts";
import { reach } from "./reach.ts";
import { Recent } from "./recent.ts";

/** By a name's first byte: whoever invents names makes no object beyond these. */
const buckets = 64;

/** A mail that has just gone out shows the same pictures to all who open it: an object by itself would be behind at once. */
const shownMax = 64;
const shownBytesMax = 8_388_608;
const shown = new Recent<ArrayBuffer>(shownMax, shownBytesMax);

const bucketOf = (name: string): number => Number.parseInt(name.slice(0, 2), 16) % buckets;

const storeOf = (env: Bindings, name: string) =>
  env.CAMPAIGNS.getByName(`images-${bucketOf(name)}`);

/** Problem image-invalid for bytes that are not what the name says. */
async function requireNamed(name: string, bytes: Bytes): Promise<void> {
  const [, digest, type] = imageName.exec(name) ?? [];
  if (digest === undefined || type !== imageTypeOf(bytes)) throw new Problem("image-invalid");
  if (hex(await sha256(bytes)) !== digest) throw new Problem("image-invalid");
}

/** False where it was there. Problems: image-invalid, images-full, region-unavailable. */
export async function putImage(
  env: Bindings,
  tenant: number,
  name: string,
  bytes: Bytes,
): Promise<boolean> {
  await requireNamed(name, bytes);
  const outcome = await reach("campaigns-away", () =>
    storeOf(env, name).putImage(tenant, name, bytes),
  );
  if (outcome === "full") throw new Problem("images-full");
  return outcome === "stored";
}

/** Undefined where there is none. Problem: region-unavailable. */
export async function readImage(env: Bindings, name: string): Promise<ArrayBuffer | undefined> {
  if (!imageName.test(name)) return undefined;
  const known = shown.get(name);
  if (known !== undefined) return known;
  const bytes = await reach("campaigns-away", () => storeOf(env, name).readImage(name));
  if (bytes !== undefined) shown.set(name, bytes, bytes.byteLength);
  return bytes;
}

/** What a campaign names is there before readers look. Problems: image-unknown, malformed-request, region-unavailable. */
export async function requireImages(
  env: Bindings,
  { tenant, definition }: Pick<Campaign, "tenant" | "definition">,
): Promise<void> {
  const names = [...new Set(Array.from(imagesOf(definition), ({ source }) => source))];
  if (names.length > imageLimits.perCampaign)
    throw new Problem("malformed-request", {
      errors: [
        {
          path: "campaign.definition",
          message: `names ${names.length} images of at most ${imageLimits.perCampaign}`,
        },
      ],
    });
  const unnamed = names.filter((name) => !imageName.test(name));
  if (unnamed.length > 0) throw new Problem("image-unknown", { images: unnamed });
  const byStore = Map.groupBy(names, bucketOf);
  const missing = await Promise.all(
    Array.from(byStore.values(), (own) =>
      reach("campaigns-away", () => storeOf(env, own[0] ?? "").missingImages(tenant, own)),
    ),
  );
  if (missing.flat().length > 0) throw new Problem("image-unknown", { images: missing.flat() });
}
