// The reader's own copy: asked for with a key made here for this once, opened here. Fetched when it is first wanted.
import { base64url, fromBase64url } from "../../sdk/bytes.ts";
import { publicKeyOf } from "../../sdk/hpke/xwing-decap.ts";
import { openCopy } from "../../sdk/own-copy.ts";
import type { Reply } from "../web/edge.ts";
import { postDataRequest } from "../web/requests.ts";
import type { Guest, OwnCopy } from "./center.ts";

// Fetched with the key that opens it.
export { CopyView } from "./copy-view.tsx";

const seedBytes = 32;

/** The copy and its JSON text. What opens to nothing readable is as if the edge had failed. */
export async function fetchCopy({
  invitation,
  invited,
}: Guest): Promise<Reply<{ read: OwnCopy; text: string }>> {
  const seed = crypto.getRandomValues(new Uint8Array(seedBytes));
  const publicKey = base64url(await publicKeyOf(seed));
  const reply = await postDataRequest({ invitation, publicKey });
  if (reply.is !== "here") return reply;
  const envelope = fromBase64url(reply.value.envelope);
  const opened = envelope && (await openCopy(envelope, seed, invited.bytes));
  seed.fill(0);
  if (opened === undefined) return { is: "refused", code: "internal" };
  const text = new TextDecoder().decode(opened);
  // Sealed by the region to this very key; its shape is server/copy.ts's.
  return { is: "here", value: { read: JSON.parse(text) as OwnCopy, text } };
}
