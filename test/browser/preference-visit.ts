// A visit to the preference page: a widget that has one, who is invited to it, and how they press.
import type { Page } from "playwright-core";
import { beforeAll } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { invite, publishWidget, type Deployed } from "../flow/product.ts";
import type { Reader } from "./reader.ts";
import { short, stage, type Stage } from "./short-visit.ts";

export const widget: Widget = Widget.parse({
  ...short,
  preferences: {
    topics: [
      { id: "beans", text: { en: "New beans", ar: "حبوب جديدة" } },
      { id: "offers", text: "Offers" },
      { id: "events", text: "Tastings" },
    ],
    frequencies: [
      { id: "weekly", text: "Every week" },
      { id: "monthly", text: "Once a month" },
    ],
  },
});

export interface Invited {
  readonly invitation: string;
  readonly link: string;
  readonly preferences: string;
  readonly unsubscribe: string;
}

export interface PreferenceStage extends Stage {
  /** `widget`, published. */
  centre: Manifest;
  /** Somebody new; to `centre` unless told. */
  invited: (manifest?: Manifest, more?: Parameters<typeof invite>[4]) => Promise<Invited>;
}

/** `stage`, with a campaign that has preferences. */
export function preferenceStage(): PreferenceStage {
  let readers = 0;
  const at = stage() as PreferenceStage; // Filled in here, before the first test runs.
  at.invited = async (manifest = at.centre, more = {}) => {
    const id = `set-${readers++}@example.org`;
    const { invitation, link } = await invite(at.product, manifest, "eu", id, more);
    const { edge } = at.product.running;
    return {
      invitation,
      link,
      preferences: `${edge}/p/${manifest.id}#${invitation}`,
      unsubscribe: `${edge}/u/${invitation}`,
    };
  };
  beforeAll(async () => {
    at.centre = await publishWidget(at.product, widget);
  });
  return at;
}

/** As a person does: what a press answers has been in sight. */
export async function press(page: Page, name: string): Promise<void> {
  const button = page.getByRole("button", { name, exact: true });
  await button.waitFor();
  await page.waitForTimeout(dwellMilliseconds);
  await button.click();
}

export const headed = (page: Page, name: string) => page.getByRole("heading", { name }).waitFor();

/** Pseudonyms of those whom the region tells the sender not to write to. */
export async function unsubscribedFrom(
  product: Deployed,
  campaign: string,
): Promise<readonly string[]> {
  const response = await fetch(
    `${product.running.servers.eu}/v1/campaigns/${campaign}/unsubscribed`,
    { headers: { authorization: `Bearer ${product.keys.tenant.token}` } },
  );
  const body = (await response.json()) as { readers: readonly { reader: string }[] };
  return body.readers.map(({ reader }) => reader);
}

export const pseudonymOf = (invitation: string): string =>
  base64url(parseInvitation(invitation).body.reader);

export const postsTo = ({ posts }: Reader, path: string) =>
  posts.filter((post) => new URL(post.url()).pathname === path);
