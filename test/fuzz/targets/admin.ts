// Publication (PUT /admin/campaigns/:id): signed twice, and read whole before anything is stored.
import { base64url, utf8, type Bytes } from "../../../sdk/bytes.ts";
import { signEd25519 } from "../../../sdk/ed25519.ts";
import { signRequest } from "../../../sdk/http-signature.ts";
import { Campaign } from "../../../sdk/schema/campaign.ts";
import { signedBytes } from "../../../sdk/signed.ts";
import { signCampaign } from "../../../cli/publish.ts";
import { bytesOf } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";
import { buildWorld, type World } from "../world.ts";
import { refusalOf } from "./judged.ts";

/** Who signs a case: nobody anew, the request alone, or the request and the document. */
const signings = ["none", "request", "both"] as const;

const withSignature = async (world: World, text: string): Promise<string> => {
  let document: { campaign?: unknown } | null;
  try {
    document = JSON.parse(text) as { campaign?: unknown } | null; // Judged by what the edge makes of it.
  } catch {
    return text;
  }
  if (typeof document !== "object" || document === null) return text;
  const seed = bytesOf(world.keys.tenant.operatorKey.seed);
  try {
    const signature = await signEd25519(seed, signedBytes("campaign", document.campaign));
    return JSON.stringify({ ...document, signature: base64url(signature) });
  } catch {
    return text; // Canonical JSON knows no NaN and no lone surrogate.
  }
};

export const publication: Target = {
  name: "publication",
  about:
    "PUT /admin/campaigns/:id: nothing is stored that its tenant's operator did not sign, and nothing unsound that was signed",
  async prepare() {
    const world = await buildWorld();
    const { campaign, keys } = world;
    const document = await signCampaign({ ...campaign, revision: 2 }, keys.tenant);
    const path = `/admin/campaigns/${campaign.id}`;
    const key = { alg: "ed25519", seed: bytesOf(keys.tenant.operatorKey.seed) } as const;
    const signed = (body: Bytes): Promise<Record<string, string>> =>
      signRequest({ method: "PUT", path, body }, keys.tenant.operatorKey.keyId, key);
    const stale = await signed(utf8(JSON.stringify(document)));
    return {
      // who signs ‖ body
      make: (random) =>
        Uint8Array.from([
          random.below(signings.length),
          ...jsonBody(random, document, { ...campaign }),
        ]),
      async judge(input) {
        const signing = signings[(input[0] ?? 0) % signings.length];
        let body: Bytes = input.slice(1);
        if (signing === "both") {
          const text = await withSignature(world, Buffer.from(body).toString());
          body = utf8(text);
        }
        const headers = signing === "none" ? stale : await signed(body);
        const response = await world.fetch(path, {
          method: "PUT",
          headers: { "content-type": "application/json", ...headers },
          body,
        });
        const refusal = await refusalOf(response);
        if (refusal !== undefined) return refusal;
        await response.text();
        const [stored, ...more] = world.published.splice(0);
        if (stored === undefined || more.length > 0)
          return { is: "fault", why: "answered, and published none or several" };
        const taken = JSON.parse(stored.text) as typeof document; // It was taken.
        const sound =
          Campaign.safeParse(taken.campaign).success &&
          taken.campaign.id === campaign.id &&
          stored.tenant === campaign.tenant;
        if (!sound) return { is: "accepted", why: `unsound: ${stored.text}` };
        // What an operator signs, an operator may publish.
        const isGenuine =
          signing === "both" ||
          Buffer.compare(
            signedBytes("campaign", taken.campaign),
            signedBytes("campaign", document.campaign),
          ) === 0;
        return isGenuine ? { is: "same" } : { is: "accepted", why: stored.text };
      },
      close: () => world.close(),
    };
  },
};
