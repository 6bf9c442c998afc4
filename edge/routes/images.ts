// Pictures of widgets, named by their content.
import { z } from "zod";
import { imageLimits, imageName, imageTypes, type ImageType } from "../../sdk/image-type.ts";
import { Problem } from "../../sdk/problem.ts";
import { putImage, readImage } from "../images.ts";
import { requireOperator } from "../operator.ts";
import { route } from "../route.ts";

const ImageName = z
  .string()
  .regex(imageName)
  .describe("SHA-256 of the bytes in hexadecimal, and png, jpg, webp, gif or avif.");

const contentTypes = Object.values(imageTypes);

export const putImageRoute = route({
  method: "PUT",
  path: "/admin/images/:name",
  summary: "Store a picture that a campaign is to name",
  parameters: { name: ImageName },
  signed: true,
  body: { schema: z.undefined(), bytesMax: imageLimits.bytes, bytes: { contentTypes } },
  limits: { address: true },
  answers: {
    200: { description: "It was there", contentType: "application/json" },
    201: { description: "Stored", contentType: "application/json" },
  },
  problems: [
    "signature-missing",
    "signature-invalid",
    "signature-stale",
    "image-invalid",
    "images-full",
    "rate-limited",
    "region-unavailable",
  ],
  handle: async (arrival) => {
    const tenant = await requireOperator(arrival);
    const name = arrival.parameters["name"] ?? "";
    const isNew = await putImage(arrival.env, tenant, name, arrival.bodyBytes);
    return Response.json(
      { name },
      { status: isNew ? 201 : 200, headers: { "cache-control": "no-store" } },
    );
  },
});

export const getImage = route({
  method: "GET",
  path: "/images/:name",
  summary: "A picture",
  description: "For pages, for sites that embed them, and for mails: any origin may show it.",
  parameters: { name: ImageName },
  answers: { 200: { description: "The picture", contentType: "image/*" } },
  problems: ["not-found", "region-unavailable"],
  handle: async ({ env, parameters, headers }) => {
    const name = parameters["name"] ?? "";
    const bytes = await readImage(env, name);
    const [, , type] = imageName.exec(name) ?? [];
    if (bytes === undefined || type === undefined) throw new Problem("not-found");
    headers["cross-origin-resource-policy"] = "cross-origin";
    return new Response(bytes, {
      headers: {
        "content-type": imageTypes[type as ImageType], // The name's form allows no other.
        "cache-control": "public, max-age=31536000, immutable",
        // Opened by itself it is a picture, and nothing that runs.
        "content-security-policy": "default-src 'none'; sandbox",
      },
    });
  },
});
