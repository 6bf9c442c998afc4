// Who has unsubscribed, asked from the regions' servers: the sender alone can tell which reader a pseudonym is.
import { fromBase64url } from "../sdk/bytes.ts";
import { pseudonymsOf } from "../sdk/node/invitations.ts";
import { Problem } from "../sdk/problem.ts";
import type { TenantSecrets } from "../sdk/schema/deployment.ts";
import { UnsubscribedPage } from "../sdk/schema/results.ts";
import { ask } from "./ask.ts";

/** Pages of one campaign in one region: a thousand readers each. */
const pagesMax = 10_000;

/** Whether a reader, by the tenant's own id, has unsubscribed. */
export type HasUnsubscribed = (readerId: string) => boolean;

async function pseudonyms(server: string, campaign: string, token: string): Promise<string[]> {
  const found: string[] = [];
  let after = "";
  for (let page = 0; page < pagesMax; page++) {
    const answer = await ask(
      `${server}/v1/campaigns/${campaign}/unsubscribed?after=${encodeURIComponent(after)}`,
      { headers: { authorization: `Bearer ${token}` } },
    ).catch((error: unknown) => {
      // A region that a campaign does not run in knows nothing of it.
      if (error instanceof Problem && error.code === "campaign-unknown") return { readers: [] };
      throw error;
    });
    const { readers, next } = UnsubscribedPage.parse(answer);
    found.push(...readers.map(({ reader }) => reader));
    if (next === undefined) return found;
    after = next;
  }
  return found;
}

/**
 * Asks every server about every campaign. Problems: server-unreachable, token-invalid; a list that is not whole is none,
 * for who is missing from it would get a mail.
 */
export async function unsubscribedFrom(
  servers: readonly string[],
  campaigns: readonly string[],
  { token, readerKey }: Pick<TenantSecrets, "token" | "readerKey">,
): Promise<HasUnsubscribed> {
  const key = fromBase64url(readerKey);
  const lists = await Promise.all(
    campaigns.map(async (campaign) => {
      const id = fromBase64url(campaign);
      if (id === undefined || key === undefined) throw new Problem("campaign-unknown");
      const found = await Promise.all(servers.map((server) => pseudonyms(server, campaign, token)));
      return { nameOf: pseudonymsOf(key, id), left: new Set(found.flat()) };
    }),
  );
  return (readerId) =>
    lists.some(
      ({ nameOf, left }) =>
        left.size > 0 && left.has(Buffer.from(nameOf(readerId)).toString("base64url")),
    );
}
