// The pictures that a widget file names: read from beside it, looked at, and named by their content.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { imageSize } from "image-size";
import { concat, type Bytes } from "../sdk/bytes.ts";
import {
  imageLimits,
  imageName,
  imageTypeOf,
  imageTypes,
  type ImageType,
} from "../sdk/image-type.ts";
import { imagesOf, withImages } from "../sdk/images.ts";
import { signRequest } from "../sdk/http-signature.ts";
import { Problem } from "../sdk/problem.ts";
import type { TenantSecrets } from "../sdk/schema/deployment.ts";
import { widgetLimits, type Widget } from "../sdk/schema/widget.ts";
import { ask } from "./ask.ts";
import { bytesOf } from "./key-bytes.ts";
import { readWidget } from "./widget-file.ts";

export interface ImageFile {
  /** As it is published. */
  readonly name: string;
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Bytes;
  /** As it is shown, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** A camera held upright writes the picture on its side, and says so: TIFF 6.0, Orientation, 5 to 8. */
const isTurned = (orientation: number | undefined): boolean => (orientation ?? 1) >= 5;

const kilobytes = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString("en")} KiB`;

/** The file's bytes, or what is wrong with it. Never reads more than a picture may have. */
async function readAtMost(path: string): Promise<Bytes | string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return "cannot be read; put it beside the widget file, or mend the name";
  try {
    const { size } = await file.stat();
    if (size > imageLimits.bytes)
      return `has ${kilobytes(size)}, and a picture has ${kilobytes(imageLimits.bytes)} at most; save it smaller, as WebP for example`;
    return concat(await file.readFile());
  } catch {
    return "cannot be read; it must be a file";
  } finally {
    await file.close();
  }
}

function sizeOf(bytes: Bytes): { width: number; height: number } | undefined {
  try {
    const { width, height, orientation } = imageSize(bytes);
    return isTurned(orientation) ? { width: height, height: width } : { width, height };
  } catch {
    return undefined;
  }
}

const typeNamed = (source: string): string =>
  source.slice(source.lastIndexOf(".") + 1).replace("jpeg", "jpg");

/** The picture, or what is wrong with it. */
async function readImage(folder: string, source: string): Promise<ImageFile | string> {
  const path = resolve(folder, source);
  const bytes = await readAtMost(path);
  if (typeof bytes === "string") return bytes;
  const type: ImageType | undefined = imageTypeOf(bytes);
  if (type === undefined) return "is no picture; use png, jpg, webp, gif or avif";
  if (type !== typeNamed(source)) return `is a ${type} and is named otherwise; rename it`;
  const size = sizeOf(bytes);
  if (size === undefined) return "is damaged: its width and height cannot be read";
  const { width, height } = size;
  if (Math.max(width, height) > widgetLimits.imagePixels)
    return `is ${width} × ${height} pixels, and at most ${widgetLimits.imagePixels} each way are shown; save it smaller`;
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { name: `${digest}.${type}`, path, contentType: imageTypes[type], bytes, width, height };
}

export interface PicturedWidget {
  /** Names each picture as it is published, with its width and height. */
  readonly widget: Widget;
  readonly images: readonly ImageFile[];
}

/** Reads a widget file and what it shows. Throws Problem widget-invalid, with each picture that will not do. */
export async function readPictured(file: string): Promise<PicturedWidget> {
  const widget = await readWidget(file);
  const sources = new Set(Array.from(imagesOf(widget), ({ source }) => source));
  const errors: string[] = [];
  if (sources.size > imageLimits.perCampaign)
    errors.push(
      `${file} names ${sources.size} pictures, and a campaign has ${imageLimits.perCampaign} at most`,
    );
  const images = new Map<string, ImageFile>();
  for (const source of sources) {
    // Published before, and named by its content already.
    if (imageName.test(source)) continue;
    const image = await readImage(dirname(file), source);
    if (typeof image === "string") errors.push(`${source} ${image}`);
    else images.set(source, image);
  }
  if (errors.length > 0) throw new Problem("widget-invalid", { errors });
  const published = withImages(widget, (image) => {
    const found = images.get(image.source);
    return found === undefined
      ? image
      : { ...image, source: found.name, width: found.width, height: found.height };
  });
  return { widget: published, images: [...images.values()] };
}

/** Stores pictures at the edge, as the tenant's operator; what is there already stays. Throws the edge's Problem. */
export async function uploadImages(
  edge: string,
  images: readonly ImageFile[],
  { operatorKey }: Pick<TenantSecrets, "operatorKey">,
): Promise<void> {
  const key = { alg: "ed25519", seed: bytesOf(operatorKey.seed) } as const;
  for (const { name, bytes, contentType } of images) {
    const path = `/admin/images/${name}`;
    const target = { method: "PUT", path, body: bytes };
    const signature = await signRequest(target, operatorKey.keyId, key);
    const headers = { "content-type": contentType, ...signature };
    await ask(edge + path, { method: "PUT", headers, body: bytes });
  }
}
