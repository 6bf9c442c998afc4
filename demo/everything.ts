// A campaign with every kind of question. Whoever opens it from the demo is a new invented reader each time.
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAuthored } from "../cli/authored-mail.ts";
import { readPictured } from "../cli/images.ts";
import { mint } from "../cli/mint.ts";
import { newCampaignId, publish } from "../cli/publish.ts";
import { regions } from "../sdk/region.ts";
import type { TenantSecrets } from "../sdk/schema/deployment.ts";
import { invitePerson, type Invited, type Person } from "./samples.ts";

const campaignDays = 365;

export interface Everything {
  readonly campaign: string;
  /** A link for somebody new, in Europe. */
  readonly linkForSomebody: () => Promise<string>;
}

const person: Person = {
  mail: "weekend",
  region: "eu",
  name: "Lena Vogt",
  address: "lena@berlin.example",
  language: "de",
  sample: "everything",
  sender: "Slow Weekends",
  from: "hello@slow-weekends.example",
  received: "06:30",
};

interface Plan {
  readonly id: string;
  readonly opensAt: string;
  readonly closesAt: string;
}

/** The same in every later run. */
async function planOf(folder: string): Promise<Plan> {
  const file = join(folder, "everything.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Plan; // Written below.
  const now = Date.now();
  const plan: Plan = {
    id: newCampaignId(),
    opensAt: new Date(now).toISOString(),
    closesAt: new Date(now + campaignDays * 86_400_000).toISOString(),
  };
  await writeFile(file, JSON.stringify(plan));
  return plan;
}

/** Publishes it in every region, with its pictures; one of the invented readers gets it by mail as well. */
export async function publishEverything(
  folder: string,
  keysFolder: string,
  edge: string,
  secrets: TenantSecrets,
): Promise<Everything & { readonly mail: Invited }> {
  const file = fileURLToPath(new URL("widgets/everything.yaml", import.meta.url));
  const plan = await planOf(folder);
  const { campaign, roots } = await publish(
    edge,
    { ...(await readPictured(file)), ...plan, regions, senders: [person.from] },
    secrets,
    keysFolder,
  );
  const { id: published, revision, definition, notice } = campaign;
  const { plan: compiled, faults } = await compileAuthored({
    widgetFile: file,
    published: { id: published, revision, definition, notice },
    edge,
    codes: "direct",
    hidden: ["source"],
  });
  if (compiled === undefined) throw new Error(faults.map(({ message }) => message).join("\n"));
  const shown = { campaign, roots, mail: compiled };
  const mail = await invitePerson(person, shown, edge, secrets, { source: "mail" });
  const expiresAt = Math.floor(Date.parse(campaign.closesAt) / 1000);
  const linkForSomebody = async (): Promise<string> => {
    const id = `${randomBytes(8).toString("hex")}@visitors.example`;
    const { link } = await mint(
      { campaign, secrets, edge, expiresAt, test: false },
      { id, region: "eu" },
    );
    // A hidden field, as a poster's link would bring it.
    return `${link}?source=demo`;
  };
  return { campaign: campaign.id, mail, linkForSomebody };
}
