// Three invented readers, one a region, each invited to one of the two sample widgets.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAuthored } from "../cli/authored-mail.ts";
import { composed, messageOf } from "../cli/message.ts";
import { filledOf, mintedOf, mintPlanOf } from "../cli/mint.ts";
import { newCampaignId, publish } from "../cli/publish.ts";
import { readPictured } from "../cli/images.ts";
import type { FilledParts } from "../sdk/mail-plan.ts";
import { regions, type Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { ChoiceRoots, TenantSecrets } from "../sdk/schema/deployment.ts";
import type { MailPlan } from "../sdk/schema/mail-plan.ts";

const campaignDays = 365;

type Sample = "coffee-match" | "topics";

/** What each is mailed in, in `templates/`. */
const templates = { "coffee-match": "product", topics: "newsletter" } as const;

export interface Person {
  /** What the mail is called in the inbox's addresses. */
  readonly mail: string;
  readonly region: Region;
  readonly name: string;
  readonly address: string;
  readonly language: string;
  /** The widget that the mail is of. */
  readonly sample: Sample | "everything";
  readonly sender: string;
  /** The sender's address. */
  readonly from: string;
  readonly received: string;
}

const people: readonly (Person & { readonly sample: Sample })[] = [
  {
    mail: "eu",
    region: "eu",
    name: "Lena Vogt",
    address: "lena@berlin.example",
    language: "de",
    sample: "coffee-match",
    sender: "Morning Post Coffee",
    from: "hello@morning-post.example",
    received: "09:41",
  },
  {
    mail: "us",
    region: "us",
    name: "Marcus Hill",
    address: "marcus@austin.example",
    language: "en",
    sample: "topics",
    sender: "The Daily Orchard",
    from: "letters@orchard.example",
    received: "08:15",
  },
  {
    mail: "apac",
    region: "apac",
    name: "Yuki Tanaka",
    address: "yuki@osaka.example",
    language: "ja",
    sample: "coffee-match",
    sender: "Morning Post Coffee",
    from: "hello@morning-post.example",
    received: "07:02",
  },
];

interface Plan {
  readonly opensAt: string;
  readonly closesAt: string;
  readonly ids: Readonly<Record<Sample, string>>;
}

/** The campaigns' ids and dates, the same in every later run. */
async function planOf(folder: string): Promise<Plan> {
  const file = join(folder, "samples.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Plan; // Written below.
  const now = Date.now();
  const plan: Plan = {
    opensAt: new Date(now).toISOString(),
    closesAt: new Date(now + campaignDays * 86_400_000).toISOString(),
    ids: { "coffee-match": newCampaignId(), topics: newCampaignId() },
  };
  await writeFile(file, JSON.stringify(plan));
  return plan;
}

export interface Invited extends Person {
  readonly subject: string;
  readonly campaign: Campaign;
  readonly invitation: string;
  readonly link: string;
  /** The mail's parts with this reader's own link and codes. */
  readonly parts: FilledParts;
  /** The whole message (RFC 5322). */
  readonly source: string;
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function compileSample(
  sample: Sample,
  { id, revision, definition, notice }: Campaign,
  edge: string,
): Promise<MailPlan> {
  const { plan, faults } = await compileAuthored({
    widgetFile: path(`widgets/${sample}.yaml`),
    templateFile: path(`templates/${templates[sample]}.mjml`),
    published: { id, revision, definition, notice },
    edge,
    codes: "direct",
  });
  if (plan === undefined)
    throw new Error(
      faults.map(({ file, line, message }) => `${file}:${line} ${message}`).join("\n"),
    );
  return plan;
}

export interface Published {
  readonly campaign: Campaign;
  readonly roots: ChoiceRoots;
  readonly mail: MailPlan;
}

/** The mail of one reader; `columns` are more of the readers file than the name. */
export async function invitePerson(
  person: Person,
  { campaign, roots, mail }: Published,
  edge: string,
  secrets: TenantSecrets,
  columns: Readonly<Record<string, string>> = {},
): Promise<Invited> {
  const expiresAt = Math.floor(Date.parse(campaign.closesAt) / 1000);
  const plan = mintPlanOf({ campaign, secrets, edge, expiresAt, test: false, plan: mail, roots });
  const minted = mintedOf(plan, { id: person.address, region: person.region });
  const { name, address, language, sender, from } = person;
  const [firstName = name] = name.split(" ");
  const reader = { email: address, language, fields: { name, first_name: firstName, ...columns } };
  const parts = filledOf(plan, minted, reader);
  const message = messageOf(plan, minted, parts, reader, { name: sender, address: from });
  const { invitation, link } = minted;
  const source = (await composed(message)).toString();
  return { ...person, subject: parts.subject, campaign, invitation, link, parts, source };
}

/** Publishes both samples in every region, compiles their mails, and invites the readers. */
export async function inviteReaders(
  folder: string,
  keysFolder: string,
  edge: string,
  secrets: TenantSecrets,
  /** The origin of a site that embeds both. */
  site: string,
): Promise<Invited[]> {
  const plan = await planOf(folder);
  const samples = new Map<Sample, Published>();
  for (const sample of ["coffee-match", "topics"] as const) {
    const { widget, images } = await readPictured(path(`widgets/${sample}.yaml`));
    const { campaign, roots } = await publish(
      edge,
      {
        widget: { ...widget, site: { origins: [site], region: { is: "eu" }, visitHours: 24 } },
        images,
        id: plan.ids[sample],
        regions,
        opensAt: plan.opensAt,
        closesAt: plan.closesAt,
        senders: [
          ...new Set(people.filter((one) => one.sample === sample).map(({ from }) => from)),
        ],
      },
      secrets,
      keysFolder,
    );
    samples.set(sample, { campaign, roots, mail: await compileSample(sample, campaign, edge) });
  }
  return Promise.all(
    people.map((person) => {
      const published = samples.get(person.sample);
      if (published === undefined) throw new Error(`no campaign for ${person.sample}`);
      return invitePerson(person, published, edge, secrets);
    }),
  );
}
