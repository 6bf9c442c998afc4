// What a visitor of a site sends, and the earlier invitation by which it stays the same reader.
import { base64url } from "../../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../../sdk/ed25519.ts";
import { parseInvitation, verifyInvitation } from "../../../sdk/invitation.ts";
import { Visit } from "../../../sdk/schema/site.ts";
import { bytesOf, invite } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody } from "../mutate.ts";
import { buildWorld } from "../world.ts";
import { refusalOf } from "./judged.ts";

const genuineInputs = 12;

const readerOf = (invitation: string): string => base64url(parseInvitation(invitation).body.reader);

export const visit: Target = {
  name: "visit",
  about:
    "POST /v1/visits: only the edge's own visit makes somebody a reader again, and nobody becomes one who was invited",
  async prepare() {
    const world = await buildWorld();
    const { keys, campaign } = world;
    const { visitKey } = keys.edge;
    if (visitKey === undefined || campaign.site === undefined) throw new Error("not for sites");
    const seed = bytesOf(visitKey.seed);
    const publicKey = await publicKeyOfSeed(seed);
    const before = await Promise.all(
      Array.from({ length: genuineInputs }, () =>
        invite(keys, campaign, {
          invitation: { visit: true, keyId: visitKey.keyId },
          invitationSeed: seed,
        }),
      ),
    );
    const invited = await Promise.all(
      Array.from({ length: genuineInputs }, () => invite(keys, campaign, {})),
    );
    const { embedKey } = campaign.site;
    const asked = { campaign: campaign.id, embedKey };
    const inputs: readonly object[] = [asked, ...before.map((visitor) => ({ ...asked, visitor }))];
    const others = invited.map((visitor) => ({ ...asked, visitor }));
    const readers = new Set([...before, ...invited].map(readerOf));
    return {
      make: (random) => jsonBody(random, random.pick(inputs), random.pick(others)),
      async judge(input) {
        const response = await world.fetch("/v1/visits", {
          method: "POST",
          headers: { "content-type": "application/json", origin: "https://shop.example" },
          body: input.slice(),
        });
        const refusal = await refusalOf(response);
        if (refusal !== undefined) return refusal;
        const { invitation } = Visit.parse(await response.json());
        const { body } = await verifyInvitation(
          invitation,
          () => publicKey,
          Math.floor(Date.now() / 1000),
        );
        if (!body.visit || body.test || base64url(body.campaign) !== campaign.id)
          return { is: "fault", why: "an invitation that is no visit to the campaign" };
        const text = Buffer.from(input).toString();
        const { visitor, ...rest } = JSON.parse(text) as Record<string, unknown>; // It was taken.
        const isSame = typeof visitor === "string" && before.includes(visitor);
        const reader = base64url(body.reader);
        const isOwn =
          rest["campaign"] === campaign.id &&
          rest["embedKey"] === embedKey &&
          Object.keys(rest).length === 2 &&
          (visitor === undefined || isSame) &&
          (isSame ? reader === readerOf(visitor) : !readers.has(reader));
        return isOwn ? { is: "same" } : { is: "accepted", why: text };
      },
      secrets: [...before, ...invited],
      close: () => world.close(),
    };
  },
};
