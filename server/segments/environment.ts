// What the server's environment says of another engine for segments (server/config.ts); without MAILY_SEGMENTS_URL there is none.
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import type { Source } from "./followed.ts";

const addressRemedy = "set it to postgres://user@host:port/database, without the password";

/** The members of the environment. */
export const segmentVariables = {
  MAILY_SEGMENTS_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: addressRemedy })
    .refine((url) => new URL(url).password === "", addressRemedy)
    .optional()
    .describe("Of Materialize, whose views (`maily segments sql --materialize`) say who belongs."),
  MAILY_SEGMENTS_PASSWORD_FILE: z.string().optional(),
  MAILY_SEGMENTS_TLS: z.enum(["on", "off"], { error: "set it to on or off" }).default("on"),
  MAILY_SEGMENTS_CA_FILE: z.string().optional(),
  MAILY_SEGMENTS_SCHEMA: z
    .string()
    .regex(/^[a-z]\w{0,62}$/, "set it to the name of the views' schema")
    .default("maily"),
} as const;

const Variables = z.object(segmentVariables);

/** Plain text would show the password and readers' pseudonyms to whoever is on the way. */
const isHere = (url: string): boolean =>
  ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);

/** Throws Problem `configuration-invalid`; `read` reads a file for the setting that names it. */
export async function segmentSourceOf(
  variables: z.infer<typeof Variables>,
  read: (setting: string, file: string) => Promise<string>,
): Promise<Source | undefined> {
  const {
    MAILY_SEGMENTS_URL: url,
    MAILY_SEGMENTS_PASSWORD_FILE: passwordFile,
    MAILY_SEGMENTS_TLS: tls,
    MAILY_SEGMENTS_CA_FILE: caFile,
    MAILY_SEGMENTS_SCHEMA: schema,
  } = variables;
  if (url === undefined) return undefined;
  if (tls === "off" && !isHere(url))
    throw new Problem("configuration-invalid", {
      errors: ["MAILY_SEGMENTS_TLS: set it to on; off is for an engine on this machine"],
    });
  const ca = caFile === undefined ? undefined : await read("MAILY_SEGMENTS_CA_FILE", caFile);
  return {
    url,
    schema,
    tls: tls === "on" && (ca === undefined ? true : { ca }),
    ...(passwordFile !== undefined && {
      password: (await read("MAILY_SEGMENTS_PASSWORD_FILE", passwordFile)).trim(),
    }),
  };
}
