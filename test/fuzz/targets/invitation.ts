// Tokens of which nothing may pass but the very bytes that were signed: invitations, receipts, region keys, signed requests.
import { base64url, fromBase64url, utf8, type Bytes } from "../../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../../sdk/ed25519.ts";
import { NonceWindow, signRequest, verifyRequest } from "../../../sdk/http-signature.ts";
import { verifyInvitation } from "../../../sdk/invitation.ts";
import { Problem } from "../../../sdk/problem.ts";
import { signReceipt, verifyReceipt } from "../../../sdk/receipt.ts";
import type { Receipt } from "../../../sdk/schema/receipt.ts";
import type { SignedKeyConfig } from "../../../sdk/schema/key-config.ts";
import { chooseKey } from "../../../widget/web/region-key.ts";
import { bytesOf, invite } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody, mutateBytes, mutateText, several } from "../mutate.ts";
import { buildWorld } from "../world.ts";

const genuineInputs = 16;

export const invitation: Target = {
  name: "invitation",
  about: "the 136 characters of a link: form, signature, expiry",
  async prepare() {
    const world = await buildWorld();
    const inputs = await Promise.all(
      Array.from({ length: genuineInputs }, () => invite(world.keys, world.campaign, {})),
    );
    const key = await publicKeyOfSeed(bytesOf(world.keys.tenant.invitationKey.seed));
    return {
      make(random) {
        const [one, other] = [random.pick(inputs), random.pick(inputs)];
        if (random.once(2))
          return utf8(several(random, one, (text) => mutateText(random, text, other)));
        const bytes = several(random, fromBase64url(one)!, (value) =>
          Uint8Array.from(mutateBytes(random, value, fromBase64url(other)!)),
        );
        return utf8(base64url(bytes));
      },
      async judge(input) {
        const text = new TextDecoder().decode(input);
        try {
          const keyOf = (tenant: number, keyId: number): Bytes | undefined =>
            tenant === 7 && keyId === world.keys.tenant.invitationKey.keyId ? key : undefined;
          await verifyInvitation(text, keyOf, Math.floor(Date.now() / 1000));
        } catch (error) {
          if (error instanceof Problem) return { is: "refused", code: error.code };
          throw error;
        }
        return inputs.includes(text) ? { is: "same" } : { is: "accepted", why: text };
      },
      close: () => world.close(),
    };
  },
};

export const receipt: Target = {
  name: "receipt",
  about: "a receipt as JWS compact: nothing verifies but what was signed",
  async prepare() {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const publicKey = await publicKeyOfSeed(seed);
    const inputs = await Promise.all(
      Array.from({ length: genuineInputs }, async (_, index) => {
        // What it says is no matter here: a receipt is any JSON to its signature.
        const said = { "dct:created": new Date().toISOString(), campaign: `c${index}` } as unknown;
        return (await signReceipt(said as Receipt, { keyId: 1, seed })).jws;
      }),
    );
    return {
      make: (random) =>
        utf8(
          several(random, random.pick(inputs), (text) =>
            mutateText(random, text, random.pick(inputs)),
          ),
        ),
      async judge(input) {
        const text = new TextDecoder().decode(input);
        if ((await verifyReceipt(text, publicKey)) === undefined)
          return { is: "refused", code: "undefined" };
        return inputs.includes(text) ? { is: "same" } : { is: "accepted", why: text };
      },
    };
  },
};

export const keyDirectory: Target = {
  name: "key-directory",
  about:
    "the keys in a manifest, as the page reads them: it seals to none that the pinned root key did not sign",
  async prepare() {
    const world = await buildWorld();
    const { keys, root } = world.keys.deployment.directory;
    const genuine = new Set(keys.map(({ publicKey }) => publicKey));
    return {
      make: (random) => jsonBody(random, keys, keys.toReversed()),
      async judge(input) {
        let configs: unknown;
        try {
          configs = JSON.parse(Buffer.from(input).toString());
        } catch {
          return { is: "refused", code: "no JSON" };
        }
        // The page checks no shape: the edge is its own origin. What it must never do is take a key.
        if (!Array.isArray(configs)) return { is: "refused", code: "no list" };
        const shaped = configs.filter(
          (config): config is SignedKeyConfig =>
            typeof (config as SignedKeyConfig | null)?.publicKey === "string" &&
            typeof (config as SignedKeyConfig).signature === "string" &&
            typeof (config as SignedKeyConfig).suite === "object" &&
            (config as SignedKeyConfig).suite !== null,
        );
        const chosen = await chooseKey(shaped, "eu", bytesOf(root), Date.now());
        if (chosen === undefined) return { is: "refused", code: "undefined" };
        const text = base64url(chosen.publicKey);
        return genuine.has(text) ? { is: "same" } : { is: "accepted", why: text };
      },
      close: () => world.close(),
    };
  },
};

interface Signed {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

export const httpSignature: Target = {
  name: "http-signature",
  about:
    "a signed request (RFC 9421): another method, path, body, key, time or nonce does not verify",
  async prepare() {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const key = { alg: "hmac-sha256", secret } as const;
    const inputs: Signed[] = [];
    // One after the other: which nonce each draws must not depend on which digest is ready first.
    for (let index = 0; index < genuineInputs; index++) {
      const body = JSON.stringify({ index });
      const target = { method: "POST", path: `/v1/intake/${index % 3}`, body: utf8(body) };
      inputs.push({ ...target, body, headers: await signRequest(target, "forward-1", key) });
    }
    const genuine = new Set(inputs.map((signed) => JSON.stringify(signed)));
    const keyOf = (keyId: string) => (keyId === "forward-1" ? key : undefined);
    return {
      make: (random) => jsonBody(random, random.pick(inputs), random.pick(inputs)),
      async judge(input) {
        let signed: Signed;
        let headers: Headers;
        try {
          signed = JSON.parse(Buffer.from(input).toString()) as Signed; // Judged by what it does.
          headers = new Headers(signed.headers);
          if (typeof signed.method !== "string" || typeof signed.path !== "string")
            return { is: "refused", code: "no request" };
        } catch {
          return { is: "refused", code: "no request" };
        }
        const body = utf8(typeof signed.body === "string" ? signed.body : "");
        try {
          await verifyRequest({ ...signed, body }, headers, keyOf, new NonceWindow());
        } catch (error) {
          if (error instanceof Problem) return { is: "refused", code: error.code };
          throw error;
        }
        const { method, path, body: text } = signed;
        const covered = Object.fromEntries(
          ["content-digest", "signature-input", "signature"].map((name) => [
            name,
            headers.get(name)!,
          ]),
        );
        return genuine.has(JSON.stringify({ method, path, body: text, headers: covered }))
          ? { is: "same" }
          : { is: "accepted", why: Buffer.from(input).toString() };
      },
    };
  },
};
