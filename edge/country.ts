// The country that a visitor's request comes from, where the platform says it. It decides a region and is kept nowhere.
import { z } from "zod";

/** The binding VISITORS. */
export const Visitors = z
  .strictObject({
    countryHeader: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, "is a header's name in lower case")
      .optional()
      .describe(
        "The header in which a proxy of one's own writes the visitor's country over whatever the caller sent. Absent, Cloudflare's own word is taken, and elsewhere no country is known.",
      ),
  })
  .prefault({});
export type Visitors = z.output<typeof Visitors>;

/** What Cloudflare's runtime puts beside a request; plain workerd puts nothing. */
interface Located {
  readonly cf?: { readonly country?: unknown };
}

/** ISO 3166-1 alpha-2 in capital letters; undefined where nothing trusted says it. */
export function countryOf(request: Request, { countryHeader }: Visitors): string | undefined {
  const said =
    countryHeader === undefined
      ? (request as Located).cf?.country // Typed by whichever runtime's types are there.
      : request.headers.get(countryHeader);
  return typeof said === "string" && /^[A-Z]{2}$/.test(said) ? said : undefined;
}
