// One mail to the author's own address: a real message with an invitation that is marked as a test's, so that what is
// answered with it is in no result.
import { Problem } from "../../sdk/problem.ts";
import { isRegion } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { readChoiceRoots } from "../choice-roots.ts";
import { tenantFile } from "../keygen.ts";
import { composed, messageOf, senderOf } from "../message.ts";
import { filledOf, mintedOf, mintPlanOf } from "../mint.ts";
import { readJson } from "../read-json.ts";
import { SmtpSession, smtpServerOf } from "../smtp.ts";
import type { OpenWorkshop } from "./workshop.ts";

export interface SendTest {
  /** What became of it, in words. */
  readonly said: string;
}

/** Whether a test can be sent; `why` says what the command lacks. */
export type Sending =
  | {
      readonly send: (
        workshop: OpenWorkshop,
        to: string,
        reader: number,
        language: string,
      ) => Promise<SendTest>;
    }
  | { readonly why: string };

export interface SendingOptions {
  readonly edge: string;
  readonly keys: string;
  readonly tenant: number;
  readonly smtp?: string | undefined;
  readonly from?: string | undefined;
}

/** An author answers a test within days; a test that is found later admits nobody. */
const testSeconds = 7 * 86_400;

const refuse = (detail: string): never => {
  throw new Problem("configuration-invalid", { detail });
};

/**
 * What sends tests of a campaign; the reason why nothing can, where the command was not told of a campaign, a server or a
 * sender. Problem: configuration-invalid where what it was told cannot be used.
 */
export async function sendingOf(
  campaign: Campaign | undefined,
  options: SendingOptions,
): Promise<Sending> {
  const { smtp, from, edge, keys, tenant } = options;
  const missing = [
    ...(campaign === undefined ? ["--campaign <id> and --edge <origin>"] : []),
    ...(smtp === undefined ? ["--smtp <url>"] : []),
    ...(from === undefined ? ["--from <sender>"] : []),
  ];
  if (campaign === undefined || smtp === undefined || from === undefined)
    return { why: `To send a test, start \`maily dev\` with ${missing.join(", ")}.` };
  const [server, sender] = [smtpServerOf(smtp), senderOf(from)];
  const secrets = await readJson(tenantFile(keys, tenant), TenantSecrets);
  return {
    async send(workshop, to, index, language) {
      const plan = workshop.plan();
      if (plan === undefined || workshop.state().stale)
        return refuse("Mend the errors of the files first: nothing compiled is there to send.");
      const { fields = {} } = workshop.readers()[index] ?? {};
      const email = senderOf(to).address;
      const closes = Math.floor(Date.parse(campaign.closesAt) / 1000);
      const minting = mintPlanOf({
        campaign,
        secrets,
        edge,
        expiresAt: Math.min(closes, Math.floor(Date.now() / 1000) + testSeconds),
        test: true,
        plan,
        roots: plan.choices.length === 0 ? undefined : await readChoiceRoots(keys, campaign),
      });
      const [home = "eu"] = campaign.regions;
      const region = isRegion(fields["region"]) ? fields["region"] : home;
      const minted = mintedOf(minting, { id: `test ${email}`, region });
      const filled = filledOf(minting, minted, { language, fields });
      const message = messageOf(
        minting,
        minted,
        { ...filled, subject: `[Test] ${filled.subject}` },
        { email, language, fields: {} },
        sender,
      );
      const session = new SmtpSession(server);
      try {
        const outcome = await session.send(
          { from: sender.address, to: email },
          await composed(message),
        );
        const isListed = campaign.mail?.senders.includes(sender.address.toLowerCase()) ?? false;
        const limit =
          filled.amp === undefined || isListed
            ? ""
            : ` Answers inside it will be refused: publish the campaign with --senders ${sender.address}.`;
        return outcome.state === "sent"
          ? { said: `Sent to ${email} through ${server.host}.${limit}` }
          : refuse(`${server.host} did not take it: ${outcome.reply}`);
      } finally {
        session.close();
      }
    },
  };
}
