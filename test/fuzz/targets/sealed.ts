// What a page seals: answers and preferences, from the bytes of the body to the row at the region.
import { openerOf } from "../../../sdk/node/open.ts";
import { base64url, fromBase64url } from "../../../sdk/bytes.ts";
import { canonicalBytes } from "../../../sdk/canonical.ts";
import { parseEnvelope } from "../../../sdk/envelope.ts";
import { parseInvitation } from "../../../sdk/invitation.ts";
import { Problem } from "../../../sdk/problem.ts";
import type { EdgeRecord } from "../../../sdk/schema/record.ts";
import type { Consent } from "../../../sdk/schema/consent.ts";
import { preferencesOf } from "../../server/in-mail.ts";
import { answerOf, bytesOf, randomId } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { jsonBody, mutateBytes, several } from "../mutate.ts";
import { buildWorld, type World } from "../world.ts";
import { refusalOf, takenOf } from "./judged.ts";

const genuineInputs = 12;
const answers = { roast: "light", stars: 4, why: "Because it is warm" };

interface Sealed {
  readonly invitation: string;
  readonly submissionId: string;
  readonly consent: Consent;
  readonly envelope: string;
}

async function sealedInputs(world: World, kind: "answer" | "preferences"): Promise<Sealed[]> {
  const make = async (): Promise<Sealed> => {
    const { invitation, submissionId, consent, envelope } =
      kind === "answer"
        ? await answerOf(world.keys, world.campaign, { answers })
        : await preferencesOf(world.keys, world.campaign);
    return { invitation, submissionId, consent, envelope };
  };
  // One after the other: what each draws must not depend on which is ready first.
  const inputs: Sealed[] = [];
  while (inputs.length < genuineInputs) inputs.push(await make());
  return inputs;
}

/** All that a reader said, in one spelling. */
const said = ({ invitation, submissionId, consent, envelope }: Sealed): string =>
  Buffer.from(canonicalBytes({ invitation, submissionId, consent, envelope })).toString();

/** Only what was sealed so becomes a row. */
const wasSealed =
  (genuine: ReadonlySet<string>) =>
  (record: EdgeRecord): boolean =>
    "envelope" in record && genuine.has(said(record));

const routeTarget = (name: string, kind: "answer" | "preferences", path: string): Target => ({
  name,
  about: `POST ${path}, from the body's bytes to the region's row: whatever was not sealed so is refused on the way`,
  async prepare() {
    const world = await buildWorld();
    const inputs = await sealedInputs(world, kind);
    const genuine = new Set(inputs.map(said));
    return {
      make: (random) => jsonBody(random, random.pick(inputs), random.pick(inputs)),
      async judge(input) {
        const response = await world.fetch(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: input.slice(),
        });
        return (await refusalOf(response)) ?? takenOf(world, response, wasSealed(genuine));
      },
      secrets: inputs.flatMap(({ invitation, envelope }) => [invitation, envelope]),
      close: () => world.close(),
    };
  },
});

export const answer: Target = routeTarget("answer", "answer", "/v1/answers");
export const preferences: Target = routeTarget("preferences", "preferences", "/v1/preferences");

/** The envelope alone, at the one who opens it. */
export const envelope: Target = {
  name: "envelope",
  about:
    "parseEnvelope and opening at the region: nothing but the sealed bytes, bound to what they were bound to, opens",
  async prepare() {
    const world = await buildWorld();
    const inputs = await sealedInputs(world, "answer");
    const opener = openerOf(bytesOf(world.keys.regions.eu.keys[0]!.seed));
    const bytes = inputs.map(({ envelope: text }) => bytesOf(text));
    const bindings = inputs.map(({ invitation, submissionId, consent }) => {
      const { body, bytes: invitationBytes } = parseInvitation(invitation);
      const ids = {
        keyId: world.keys.regions.eu.keys[0]!.keyId,
        submissionId: bytesOf(submissionId),
      };
      return { ...body, ...ids, consent, invitation: invitationBytes };
    });
    return {
      make(random) {
        const which = random.below(bytes.length);
        const changed = several(random, bytes[which]!, (value) =>
          Uint8Array.from(mutateBytes(random, value, random.pick(bytes))),
        );
        return Uint8Array.from([which, ...changed]);
      },
      judge(input) {
        const which = (input[0] ?? 0) % bytes.length;
        const text = base64url(input.subarray(1));
        const sealed = fromBase64url(text)!;
        try {
          parseEnvelope(sealed);
          opener(bindings[which]!, sealed);
        } catch (error) {
          if (error instanceof Problem) return Promise.resolve({ is: "refused", code: error.code });
          throw error;
        }
        const isSame = text === base64url(bytes[which]!);
        return Promise.resolve(isSame ? { is: "same" } : { is: "accepted", why: "it opened" });
      },
      close: () => world.close(),
    };
  },
};

/** A consent beside one genuine answer: the gate at the edge, and the binding behind it. */
export const consent: Target = {
  name: "consent",
  about: "the consent of POST /v1/answers: none passes but the one that the answer was sealed with",
  async prepare() {
    const world = await buildWorld();
    const inputs = await sealedInputs(world, "answer");
    const genuine = new Set(inputs.map(said));
    const others = [
      {
        notice: 3,
        purposes: ["results", "offers"],
        givenAt: new Date().toISOString(),
        language: "de",
      },
      {
        notice: 2,
        purposes: [],
        givenAt: "2020-01-01T00:00:00Z",
        language: "en",
        extra: randomId(4),
      },
    ];
    return {
      make(random) {
        const { consent: given, ...rest } = random.pick(inputs);
        const other = random.pick([...others, random.pick(inputs).consent]);
        const changed = Buffer.from(jsonBody(random, given, other)).toString();
        return Buffer.from(JSON.stringify(rest).replace("{", `{"consent":${changed},`));
      },
      async judge(input) {
        const response = await world.fetch("/v1/answers", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: input.slice(),
        });
        return (await refusalOf(response)) ?? takenOf(world, response, wasSealed(genuine));
      },
      close: () => world.close(),
    };
  },
};
