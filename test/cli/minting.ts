// A campaign with its keys, roots and compiled mail for tests that mint: everything real, but nobody published it.
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { choicesFile } from "../../cli/choice-roots.ts";
import { generateKeys, writeKeys, type Keys } from "../../cli/keygen.ts";
import type { Minting } from "../../cli/mint.ts";
import { newCampaignId, signCampaign } from "../../cli/publish.ts";
import { base64url, fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { createChoiceRoot } from "../../sdk/node/choices.ts";
import { regions } from "../../sdk/region.ts";
import { Campaign } from "../../sdk/schema/campaign.ts";
import type { ChoiceRoots } from "../../sdk/schema/deployment.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { Widget } from "../../sdk/schema/widget.ts";
import { compileMail } from "../../widget/email/compile.ts";

export const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};

export const csvOf = (text: string): Readable => Readable.from([Buffer.from(text)]);

export const edgeOfNobody = "https://edge.example";

export const mailWidget: Widget = Widget.parse({
  maily: 1,
  title: { en: "Which fruit?", de: "Welches Obst?" },
  languages: ["en", "de"],
  questions: [
    {
      id: "fruit",
      kind: "single-choice",
      shuffle: true,
      text: { en: "Which?", de: "Welches?" },
      options: Array.from({ length: 10 }, (_, index) => ({
        id: `fruit-${index}`,
        text: `Fruit number ${index}`,
      })),
    },
    { id: "liking", kind: "rating", text: "How much?" },
    { id: "again", kind: "yes-no", text: "Again?" },
  ],
  notice: {
    version: 3,
    controller: { name: "Fruit Society", contact: "privacy@fruit.example" },
    retentionDays: 30,
    text: "We count.",
    purposes: [{ id: "results", text: "Count answers", required: true }],
  },
});

export interface Prepared {
  readonly keys: Keys;
  readonly widget: Widget;
  readonly minting: Minting & { readonly plan: MailPlan; readonly roots: ChoiceRoots };
}

/** A campaign in every region, ready to be minted; with `frame`, its HTML is that text with tokens. */
export async function prepared(
  frame?: string,
  widget: Widget = mailWidget,
  edge: string = edgeOfNobody,
): Promise<Prepared> {
  const keys = await generateKeys(9, Date.now() - 60_000);
  const id = newCampaignId();
  const roots: ChoiceRoots["roots"] = [];
  for (const region of regions) {
    const config = keys.deployment.directory.keys.find((key) => key.region === region);
    if (config === undefined) throw new Error(`no key in ${region}`);
    const scope = { tenant: 9, campaign: bytesOf(id), region, keyId: config.keyId };
    const { enc, choiceRoot } = await createChoiceRoot(bytesOf(config.publicKey), scope);
    const { keyId } = config;
    roots.push({ region, keyId, enc: base64url(enc), choiceRoot: base64url(choiceRoot) });
  }
  const { notice, ...definition } = widget;
  const campaign = {
    id,
    revision: 1,
    regions: [...regions],
    closesAt: "2030-01-01T00:00:00.000Z",
    definition,
    notice,
  };
  const plan = compileMail(campaign, {
    edge,
    codes: "direct",
    ...(frame !== undefined && { frame: (_view, block) => frame.replace("BLOCK", () => block) }),
  });
  const expiresAt = Date.parse(campaign.closesAt) / 1000;
  return {
    keys,
    widget,
    minting: {
      campaign,
      secrets: keys.tenant,
      edge,
      expiresAt,
      test: false,
      plan,
      roots: { campaign: id, roots },
    },
  };
}

/** What an edge answers for the campaign once it is published. */
async function manifestOf({ keys, widget, minting }: Prepared): Promise<string> {
  const invitationKey = await publicKeyOfSeed(bytesOf(keys.tenant.invitationKey.seed));
  const { notice, ...definition } = widget;
  const campaign = Campaign.parse({
    id: minting.campaign.id,
    tenant: 9,
    revision: 1,
    regions: minting.campaign.regions,
    opensAt: "2026-01-01T00:00:00Z",
    closesAt: minting.campaign.closesAt,
    definition,
    notice,
    invitationKeys: [{ keyId: 1, publicKey: base64url(invitationKey) }],
    mail: {
      senders: [],
      choices: minting.roots.roots.map(({ region, keyId, enc }) => ({ region, keyId, enc })),
    },
  });
  const { operatorKeyId, signature } = await signCampaign(campaign, keys.tenant);
  const { keys: configs } = keys.deployment.directory;
  return JSON.stringify({ ...campaign, status: "open", keys: configs, operatorKeyId, signature });
}

/**
 * For `maily mint` as a process: an HTTP server that gives the campaign's manifest, and in `folder` the keys, the roots and
 * mail.plan.json.
 */
export async function served(
  folder: string,
  made: Prepared,
): Promise<{ edge: string; server: Server }> {
  const { plan, roots, campaign } = made.minting;
  const manifest = await manifestOf(made);
  const server = createServer(({ url }, response) => {
    if (url === `/v1/campaigns/${campaign.id}`) response.end(manifest);
    else {
      response.statusCode = 404;
      response.end('{"code":"campaign-unknown"}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const edge = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server's address is one.
  await writeKeys(join(folder, "keys"), made.keys);
  await writeFile(choicesFile(join(folder, "keys"), campaign.id), JSON.stringify(roots));
  await writeFile(join(folder, "mail.plan.json"), JSON.stringify({ ...plan, edge }));
  return { edge, server };
}
