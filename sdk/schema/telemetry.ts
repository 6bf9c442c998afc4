// Where telemetry goes, and how much of it (docs/operating.md). The edge's binding TELEMETRY; the server has variables for it.
import { z } from "zod";
import { Digest } from "./ids.ts";

const headersMax = 16;
const oneInMax = 1_000_000;

export const OtlpEndpoint = z
  .url({ protocol: /^https?$/, error: "set it to a collector's address, http:// or https://" })
  .describe("A collector's OTLP/HTTP address; /v1/traces is added to its path.");

/** RFC 9110 §5.1 and §5.5: a header of these can neither end its line nor begin another. */
export const OtlpHeaders = z
  .record(z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/), z.string().regex(/^[\x20-\x7e]{1,4096}$/))
  .refine((headers) => Object.keys(headers).length <= headersMax, "has at most 16 headers")
  .describe("What the collector asks for, such as authorization: a secret.");

export const EdgeTelemetry = z
  .strictObject({
    otlp: z
      .strictObject({
        endpoint: OtlpEndpoint,
        headers: OtlpHeaders.default({}),
        sampleOneIn: z
          .int()
          .min(1)
          .max(oneInMax)
          .default(100)
          .describe(
            "One request in so many is traced, drawn by the edge: nothing a reader sends decides.",
          ),
      })
      .optional(),
    metricsTokenSha256: Digest.optional().describe(
      "SHA-256 of the bearer token that reads /metrics; without it there is no such address.",
    ),
  })
  .describe("The binding TELEMETRY.");
export type EdgeTelemetry = z.infer<typeof EdgeTelemetry>;
