// What readers do beyond the page: clicks on links, purchases, and the sender's own record of deliveries. A sender's system
// tells them to the region's server; SPEC §10.7.
import { z } from "zod";
import { Instant, ReaderPseudonym } from "./ids.ts";

export const activityLimits = {
  /** Of one request. */
  items: 1_000,
  bodyBytes: 1_048_576,
  idCharacters: 120,
  labelCharacters: 80,
  /** Of one activity, in minor units: what a double holds exactly. */
  amountMax: Number.MAX_SAFE_INTEGER,
} as const;

/** The sender's own record of a mail; everything else is the reader's conduct and needs the reader's consent. */
export const deliveryKinds = ["delivered", "bounced"] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

export const isDelivery = (kind: string): kind is DeliveryKind =>
  (deliveryKinds as readonly string[]).includes(kind); // Narrowed by this very look.

const printable = (max: number, what: string) =>
  z
    .string()
    .min(1)
    .max(max)
    // oxlint-disable-next-line no-control-regex -- they are what is refused
    .regex(/^[^\u0000-\u001f\u007f]+$/, `${what} has a control character`);

export const ActivityKind = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z, 0-9 and -, beginning with a letter")
  .describe(
    "`click`, `purchase`, `opened`, another of your own; `delivered` and `bounced` are the sender's record.",
  );

export const Activity = z
  .strictObject({
    id: printable(activityLimits.idCharacters, "the id").describe(
      "Yours, unique in the campaign, such as an order's number: a repeat adds nothing.",
    ),
    reader: ReaderPseudonym,
    kind: ActivityKind,
    label: printable(activityLimits.labelCharacters, "the label")
      .optional()
      .describe("What kind of link or product, such as `eco`; never who did it."),
    amount: z
      .int()
      .min(-activityLimits.amountMax)
      .max(activityLimits.amountMax)
      .optional()
      .describe("In minor units, such as cents; negative for a refund."),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, "must be an ISO 4217 code such as EUR")
      .optional(),
    happenedAt: Instant.describe("None is taken for later than it arrived."),
  })
  .refine(({ amount, currency }) => (amount === undefined) === (currency === undefined), {
    path: ["currency"],
    message: "amount and currency come together",
  })
  .refine(
    ({ kind, amount, label }) => !isDelivery(kind) || (amount === undefined && label === undefined),
    {
      path: ["kind"],
      message: "a delivery has neither amount nor label",
    },
  )
  .describe("One thing that one reader did, or that was done with one reader's mail.");
export type Activity = z.infer<typeof Activity>;

export const ActivityBatch = z
  .strictObject({ activities: z.array(Activity).min(1).max(activityLimits.items) })
  .describe("POST /v1/campaigns/:id/activities of a region's server.");
export type ActivityBatch = z.infer<typeof ActivityBatch>;

/** `stored`, `repeated`, or the code of the problem for which the item was not taken. */
export const activityStates = [
  "stored",
  "repeated",
  "consent-missing",
  "activity-conflict",
] as const;

export const ActivityAnswer = z
  .strictObject({
    results: z
      .array(z.strictObject({ id: z.string(), status: z.enum(activityStates) }))
      .max(activityLimits.items)
      .describe("One an activity, in order."),
  })
  .describe("All that could be were stored in one commit.");
export type ActivityAnswer = z.infer<typeof ActivityAnswer>;
export type ActivityResult = ActivityAnswer["results"][number];
