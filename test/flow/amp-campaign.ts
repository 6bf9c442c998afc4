// A campaign that is answered inside mails: a thousand readers get its codes, and post the AMP form as their mail provider
// does.
import { expect } from "vitest";
import { fetchManifest, publish } from "../../cli/publish.ts";
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { choiceKey, sealChoices } from "../../sdk/node/choices.ts";
import { optionsOf } from "../../sdk/options.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { ChoiceRoots } from "../../sdk/schema/deployment.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { invite, resultsWith, yearMilliseconds, type Product } from "./product.ts";

export const readersInAll = 1_000;
export const sender = "hello@quince.example";

export const quinces = Widget.parse({
  maily: 1,
  title: "Quince and medlar",
  languages: ["en"],
  layout: "all",
  questions: [
    {
      id: "fruit",
      kind: "single-choice",
      text: "Which?",
      required: true,
      options: Array.from({ length: 10 }, (_, index) => ({
        id: `opt-quince-${index}`,
        text: `Label of quince ${index}`,
      })),
    },
    { id: "liking", kind: "rating", text: "How much?" },
    {
      id: "uses",
      kind: "multiple-choice",
      text: "For what?",
      options: [
        { id: "opt-jelly", text: "Label of jelly" },
        { id: "opt-paste", text: "Label of paste" },
        { id: "opt-tart", text: "Label of tart" },
      ],
    },
    { id: "why", kind: "short-text", text: "Why?", required: true },
  ],
  notice: {
    version: 1,
    controller: { name: "Quince Society", contact: "privacy@quince.example" },
    retentionDays: 30,
    text: "We count.",
    purposes: [{ id: "results", text: "Count answers", required: true }],
  },
});

export interface AmpCampaign {
  readonly product: Product;
  readonly manifest: Manifest;
  readonly roots: ChoiceRoots;
}

export async function publishQuinces(product: Product): Promise<AmpCampaign> {
  const published = await publish(
    product.running.edge,
    {
      widget: quinces,
      regions,
      senders: [sender],
      opensAt: new Date(Date.now() - 60_000).toISOString(),
      closesAt: new Date(Date.now() + yearMilliseconds).toISOString(),
    },
    product.keys.tenant,
  );
  const manifest = await fetchManifest(product.running.edge, published.campaign.id);
  if (manifest === undefined) throw new Error("published, but not there");
  return { product, manifest, roots: published.roots };
}

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};

export interface Mailed {
  readonly region: Region;
  readonly invitation: string;
  /** Codes by question, in the order of its options. */
  readonly codes: readonly (readonly string[])[];
}

export async function mailed(
  { product, manifest, roots }: AmpCampaign,
  region: Region,
  id: string,
  test = false,
): Promise<Mailed> {
  const { invitation } = await invite(product, manifest, region, id, { test });
  const root = roots.roots.find((candidate) => candidate.region === region);
  if (root === undefined) throw new Error(`no root for ${region}`);
  const key = choiceKey(bytesOf(root.choiceRoot), parseInvitation(invitation).body.reader);
  const codes = quinces.questions.map((question, index) =>
    sealChoices(
      key,
      optionsOf(question).map((_, option) => ({ question: index, option, channel: "amp" })),
    ),
  );
  return { region, invitation, codes };
}

/** Posts as a mail provider's proxy does: a form, no cookies, the sender's address in a header. */
export function postForm(
  { product }: AmpCampaign,
  invitation: string,
  choices: Readonly<Record<string, readonly string[]>>,
  headers: Readonly<Record<string, string>> = { "amp-email-sender": sender },
): Promise<Response> {
  const form = new URLSearchParams({ invitation });
  form.append("consent", "results");
  for (const [question, codes] of Object.entries(choices))
    for (const code of codes) form.append(`q.${question}`, code);
  return fetch(`${product.running.edge}/v1/amp/answers`, { method: "POST", body: form, headers });
}

export const code = ({ codes }: Mailed, question: number, option: number): string =>
  codes[question]?.[option] ?? "";

/** Readers by number: what each chose, so that the results are known in advance. */
const choiceOf = (index: number) => ({ fruit: index % 10, liking: index % 5, uses: index % 3 });
const regionOf = (index: number): Region => regions[index % 10 === 0 ? 2 : index % 2] ?? "eu";

/** Every reader answers; resolves once each region has counted exactly its own. */
export async function everybodyAnswers(campaign: AmpCampaign): Promise<void> {
  const { product, manifest } = campaign;
  const mails: Mailed[] = [];

  for (let index = 0; index < readersInAll; index++)
    mails.push(await mailed(campaign, regionOf(index), `reader-${index}@example.org`));
  const together = 25;
  for (let from = 0; from < readersInAll; from += together)
    await Promise.all(
      mails.slice(from, from + together).map(async (mail, at) => {
        const { fruit, liking, uses } = choiceOf(from + at);
        const response = await postForm(campaign, mail.invitation, {
          fruit: [code(mail, 0, fruit)],
          liking: [code(mail, 1, liking)],
          uses: [code(mail, 2, uses), code(mail, 2, (uses + 1) % 3)],
        });
        expect(response.status).toBe(202);
        expect(response.headers.get("amp-email-allow-sender")).toBe(sender);
        expect((await response.arrayBuffer()).byteLength).toBe(4096);
      }),
    );
  for (const region of regions) {
    const own = Array.from({ length: readersInAll }, (_, index) => index).filter(
      (index) => regionOf(index) === region,
    );
    const results = await resultsWith(product, region, manifest.id, own.length, 60_000);
    const [fruit, liking, uses] = results.questions;
    expect(fruit?.options?.map(({ count }) => count)).toEqual(
      Array.from(
        { length: 10 },
        (_, option) => own.filter((index) => index % 10 === option).length,
      ),
    );
    expect(liking?.answered).toBe(own.length);
    expect(uses?.options?.reduce((sum, { count }) => sum + count, 0)).toBe(2 * own.length);
  }
}

/** What records say of who chose what. Which questions were answered is to be seen, and how many options; never which. */
export function expectNothingTold(choices: readonly Record<string, string[]>[]): Set<string> {
  expect(choices).toHaveLength(readersInAll);
  const seen = new Set<string>();
  let codes = 0;
  for (const chosen of choices)
    for (const [question, list] of Object.entries(chosen)) {
      expect(["fruit", "liking", "uses"]).toContain(question);
      for (const one of list) {
        expect(one).toMatch(/^[\w-]{22}$/);
        seen.add(one);
        codes += 1;
      }
    }
  expect(codes).toBe(4 * readersInAll);
  expect(seen.size).toBe(codes);
  return seen;
}

/** What no file between a reader and the region's warehouse may hold. */
export const words = ["opt-quince", "Label of", "opt-jelly", "opt-paste", "@example.org"] as const;
