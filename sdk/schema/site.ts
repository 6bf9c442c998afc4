import { z } from "zod";
import type { Region } from "../region.ts";
import { base64urlOf, CampaignId, InvitationText, RegionName } from "./ids.ts";

/** Limits of a site (SPEC §2). */
export const siteLimits = {
  origins: 50,
  countries: 250,
  visitHoursDefault: 24,
  visitHoursMax: 720,
} as const;

/**
 * An origin in the one spelling that browsers send; of a development machine without TLS too. Names alone, with none of the
 * characters that mean something to a policy.
 */
const exactOrigin =
  /^(?:https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)*|http:\/\/(?:localhost|127\.0\.0\.1))(?::\d{1,5})?$/;
/** A policy's host source: every name below a domain. The domain has a dot, so that it is never a whole top level. */
const wildcardOrigin = /^https:\/\/\*\.(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d{1,5})?$/;

const isOrigin = (text: string): boolean => {
  if (!wildcardOrigin.test(text) && !exactOrigin.test(text)) return false;
  // As a browser would send one of those: no port that goes without saying, none that there is not.
  const one = text.replace("*", "a");
  return URL.canParse(one) && new URL(one).origin === one;
};

export const SiteOrigin = z
  .string()
  .max(261)
  .refine(
    isOrigin,
    "must be an origin such as https://shop.example, https://*.shop.example or, for development, http://localhost:3000: no path, no slash at the end, no port that goes without saying",
  )
  .describe("Who may embed the widget: an origin, or every name below one.");

export const Country = z
  .string()
  .regex(/^[A-Z]{2}$/, "must be two capital letters, such as DE (ISO 3166-1)")
  // Cloudflare's word for a country that it does not know: to name it would be a default.
  .refine((country) => country !== "XX", "is no country")
  .describe("ISO 3166-1 alpha-2.");

const SiteRegion = z
  .union(
    [
      z.strictObject({ is: RegionName.describe("Every visitor's, wherever they are.") }),
      z.strictObject({
        byCountry: z
          .record(Country, RegionName)
          .refine((table) => {
            const countries = Object.keys(table).length;
            return countries >= 1 && countries <= siteLimits.countries;
          }, `names 1 to ${siteLimits.countries} countries`)
          .describe("By the visitor's country; one that is not named is refused: no default."),
      }),
    ],
    "must be one of `{ is: eu }` and `{ byCountry: { DE: eu, US: us } }`",
  )
  .describe("Which region's a visitor's answers are.");
export type SiteRegion = z.infer<typeof SiteRegion>;

/** As an author writes it beside the notice. */
export const SiteRules = z
  .strictObject({
    origins: z.array(SiteOrigin).min(1).max(siteLimits.origins),
    region: SiteRegion,
    visitHours: z
      .int()
      .min(1)
      .max(siteLimits.visitHoursMax)
      .default(siteLimits.visitHoursDefault)
      .describe("How long a visit's invitation admits answers."),
  })
  .describe("Which sites may embed the widget, for visitors whom nobody invited.");
export type SiteRules = z.infer<typeof SiteRules>;

export const EmbedKey = base64urlOf(16).describe(
  "The public name of this embedding, 22 characters: it proves nothing.",
);

export const Site = SiteRules.extend({ embedKey: EmbedKey });
export type Site = z.infer<typeof Site>;

/** The regions that a visit may be of. */
export const regionsOfSite = ({ region }: Pick<Site, "region">): readonly Region[] =>
  "is" in region ? [region.is] : [...new Set(Object.values(region.byCountry))];

/** Undefined where the rule says nothing of the visitor's country: nothing is recorded then. */
export const regionOfVisitor = (
  { region }: Pick<Site, "region">,
  country: string | undefined,
): Region | undefined => {
  if ("is" in region) return region.is;
  return country !== undefined && Object.hasOwn(region.byCountry, country)
    ? region.byCountry[country]
    : undefined;
};

/** `origin` as a browser sends it. */
export const isOriginOfSite = ({ origins }: Pick<Site, "origins">, origin: string): boolean =>
  origins.some((allowed) => {
    const [, below] = /^https:\/\/\*(\..+)$/.exec(allowed) ?? [];
    return below === undefined
      ? allowed === origin
      : origin.startsWith("https://") && origin.endsWith(below) && isBelow(origin, below);
  });

/** At least one label in front, and nothing that is no name. */
const isBelow = (origin: string, below: string): boolean =>
  /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(origin.slice("https://".length, -below.length));

export const VisitRequest = z
  .strictObject({
    campaign: CampaignId,
    embedKey: EmbedKey,
    visitor: InvitationText.optional().describe(
      "The invitation that this browser was given before, expired or not: it stays the same reader.",
    ),
  })
  .describe("POST /v1/visits");
export type VisitRequest = z.infer<typeof VisitRequest>;

export const Visit = z
  .strictObject({
    invitation: InvitationText,
    expiresAt: z.iso.datetime().describe("From then on it admits no answer."),
  })
  .describe("An invitation for a visitor of a site.");
export type Visit = z.infer<typeof Visit>;
