// How much one caller may ask for (SPEC §4.4), and what counts it.
import { z } from "zod";
import { Problem } from "../sdk/problem.ts";
import type { Published } from "./campaigns.ts";
import { networkOf } from "./client-address.ts";
import type { Bindings, Settings } from "./env.ts";
import { logFault } from "./log.ts";
import { RateTable } from "./rate-table.ts";

const rate = (perSecond: number, burst: number) =>
  z
    .strictObject({
      perSecond: z.number().positive().max(1_000_000).describe("The mean pace."),
      burst: z.int().min(1).max(10_000_000).describe("How many may come at once."),
    })
    .default({ perSecond, burst });

/** The binding LIMITS. Each rate but a reader's holds for one isolate: a brake, not an exact count. */
export const Limits = z
  .strictObject({
    clientAddress: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, "is a header's name in lower case")
      .refine(
        (name) => !["forwarded", "x-forwarded-for"].includes(name),
        "is a list that callers can add to: name a header that the platform itself writes",
      )
      .optional()
      .describe(
        "The header in which the platform itself writes the caller's one address over whatever the caller sent: cf-connecting-ip on Cloudflare. Absent, no address is read and none is limited.",
      ),
    address: rate(20, 1_200).describe("Of a /24 or /48, at the routes that count addresses."),
    invitation: rate(2, 120).describe(
      "Of one invitation's text, before its signature is verified.",
    ),
    campaign: rate(5_000, 50_000).describe("Of a campaign's genuine answers."),
    tenant: rate(10_000, 100_000).describe(
      "Of a tenant's genuine answers, all campaigns together.",
    ),
    visitor: rate(0.5, 60).describe(
      "Of the invitations that visitors of a /24 or /48 are given: each could be another reader's.",
    ),
    visits: rate(100, 2_000).describe("Of the invitations that a campaign's visitors are given."),
  })
  .prefault({});
export type Limits = z.output<typeof Limits>;

/** What is counted apart from everything else. */
export type Scope = "address" | "invitation" | "campaign" | "tenant" | "visitor" | "visits";

/** The platform's own counters, which see a whole location; each optional, with its limit and period in wrangler.toml. */
export interface LimiterBindings {
  readonly ADDRESS_LIMITER?: RateLimit;
  readonly INVITATION_LIMITER?: RateLimit;
  readonly CAMPAIGN_LIMITER?: RateLimit;
  readonly TENANT_LIMITER?: RateLimit;
}

const bindingOf = {
  address: "ADDRESS_LIMITER",
  invitation: "INVITATION_LIMITER",
  campaign: "CAMPAIGN_LIMITER",
  tenant: "TENANT_LIMITER",
  // What asks for a visit is counted as an address there.
  visitor: undefined,
  visits: undefined,
} as const satisfies Record<Scope, keyof LimiterBindings | undefined>;

/** The platform's shortest period; it does not say how much of it is left. */
const retryAfterSecondsLimiter = 10;

/** An isolate's own counters, made anew where the configuration changes. */
let counters:
  | { readonly from: string | undefined; readonly tables: Readonly<Record<Scope, RateTable>> }
  | undefined;

function tableOf({ LIMITS: from }: Bindings, { limits }: Settings, scope: Scope): RateTable {
  if (counters === undefined || counters.from !== from)
    counters = {
      from,
      tables: {
        address: new RateTable(limits.address),
        invitation: new RateTable(limits.invitation),
        campaign: new RateTable(limits.campaign),
        tenant: new RateTable(limits.tenant),
        visitor: new RateTable(limits.visitor),
        visits: new RateTable(limits.visits),
      },
    };
  return counters.tables[scope];
}

interface Edge {
  readonly env: Bindings;
  readonly settings: Settings;
  /** Unix milliseconds. */
  readonly now: number;
}

/** A limiter that fails lets pass: what is counted is a brake, and answers come first. */
async function askPlatform(limiter: RateLimit, scope: Scope, key: string): Promise<void> {
  const { success } = await limiter.limit({ key }).catch((error: unknown) => {
    logFault("limiter-away", error, { scope });
    return { success: true };
  });
  if (!success)
    throw new Problem("rate-limited", { scope, retryAfterSeconds: retryAfterSecondsLimiter });
}

/**
 * Counts one arrival of `key`, first here, then where the platform counts. A promise only where it does: the usual case costs
 * a few multiplications. Problem: rate-limited.
 */
function limit({ env, settings, now }: Edge, scope: Scope, key: string): Promise<void> | undefined {
  const retryAfterSeconds = tableOf(env, settings, scope).waitSeconds(key, now);
  if (retryAfterSeconds > 0) throw new Problem("rate-limited", { scope, retryAfterSeconds });
  const binding = bindingOf[scope];
  const limiter = binding && env[binding];
  return limiter && askPlatform(limiter, scope, key);
}

function callersNetwork({ settings }: Edge, request: Request): string | undefined {
  const { clientAddress } = settings.limits;
  const address = clientAddress && request.headers.get(clientAddress);
  return address ? networkOf(address) : undefined;
}

/** Before anything is read: the caller's network, where the platform says it. Problem: rate-limited. */
export function limitAddress(edge: Edge, request: Request): Promise<void> | undefined {
  const network = callersNetwork(edge, request);
  return network === undefined ? undefined : limit(edge, "address", network);
}

/** Before the signature is verified: one link cannot keep the edge busy. Problem: rate-limited. */
export const limitInvitation = (edge: Edge, text: string): Promise<void> | undefined =>
  limit(edge, "invitation", text);

/** After the signature: what a forger sends uses up nobody's rate. Problem: rate-limited. */
export async function limitAnswers(
  edge: Edge,
  { campaign }: Pick<Published, "campaign">,
): Promise<void> {
  await limit(edge, "campaign", campaign.id);
  await limit(edge, "tenant", String(campaign.tenant));
}

/**
 * Counted apart from answers: who draws visits uses up neither a campaign's nor a tenant's rate of answers. Problem:
 * rate-limited.
 */
export async function limitVisits(
  edge: Edge,
  request: Request,
  { campaign }: Pick<Published, "campaign">,
): Promise<void> {
  const network = callersNetwork(edge, request);
  if (network !== undefined) await limit(edge, "visitor", network);
  await limit(edge, "visits", campaign.id);
}
