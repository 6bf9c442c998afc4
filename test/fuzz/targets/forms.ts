// Forms: what an AMP mail posts, and the one click of a mail program (RFC 8058).
import { base64url } from "../../../sdk/bytes.ts";
import { choiceKey, sealChoices } from "../../../sdk/node/choices.ts";
import { parseInvitation } from "../../../sdk/invitation.ts";
import type { EdgeRecord } from "../../../sdk/schema/record.ts";
import { codesOf } from "../../server/in-mail.ts";
import { invite, randomId } from "../../server/sealed.ts";
import type { Target } from "../fuzz.ts";
import { formBody, mutateBytes, mutateFields, several, type Field } from "../mutate.ts";
import { buildWorld, sender, type World } from "../world.ts";
import { refusalOf, takenOf } from "./judged.ts";

const genuineInputs = 12;
const formType = "application/x-www-form-urlencoded";

interface Mail {
  readonly invitation: string;
  readonly fields: readonly Field[];
  /** Codes by question: all that this reader's mail carried. */
  readonly codes: ReadonlyMap<string, ReadonlySet<string>>;
}

async function mailOf(world: World): Promise<Mail> {
  const reader = randomId(16);
  const invitation = await invite(world.keys, world.campaign, { reader });
  const codes = codesOf(world.choiceRoot, reader, {
    roast: [0, 0, 1],
    extras: [1, 0, 1, 2],
    stars: [2, 0, 1, 2, 3, 4],
  });
  const fields: Field[] = [
    ["invitation", invitation],
    ["consent", "results"],
    ["language", "de"],
    ["q.roast", codes["roast"]![1]!],
    ["q.extras", codes["extras"]![0]!],
    ["q.extras", codes["extras"]![2]!],
    ["q.stars", codes["stars"]![3]!],
  ];
  const known = new Map(Object.entries(codes).map(([id, list]) => [id, new Set(list)]));
  return { invitation, fields, codes: known };
}

/** Nobody but the mail's maker makes a code: what became a row must be of codes that this reader's mail carried. */
const wasCarried =
  (mails: ReadonlyMap<string, Mail>) =>
  (record: EdgeRecord): boolean =>
    record.kind === "choices" &&
    Object.entries(record.choices).every(([question, sent]) =>
      sent.every((code) => mails.get(record.invitation)?.codes.get(question)?.has(code) === true),
    );

export const ampForm: Target = {
  name: "amp-form",
  about:
    "POST /v1/amp/answers, from the form's bytes to the region's row: a code that this reader's mail did not carry is none",
  async prepare() {
    const world = await buildWorld();
    const mails = await Promise.all(Array.from({ length: genuineInputs }, () => mailOf(world)));
    const byInvitation = new Map(mails.map((mail) => [mail.invitation, mail]));
    return {
      make(random) {
        const { fields, invitation, codes } = random.pick(mails);
        const other = random.pick(mails).fields;
        const changed = several(random, [...fields], (list) => mutateFields(random, list, other));
        // A code of the right form, by somebody who has not the key; or by one who has another reader's.
        if (random.once(8))
          changed.push([
            random.pick([...codes.keys()].map((id) => `q.${id}`)),
            random.once(2)
              ? base64url(random.bytes(16))
              : sealChoices(choiceKey(world.choiceRoot, random.bytes(16)), [
                  { question: 0, option: random.below(4), channel: "amp" },
                ])[0]!,
          ]);
        // The same reader's code for the page: another channel.
        if (random.once(16)) {
          const { body } = parseInvitation(invitation);
          const key = choiceKey(world.choiceRoot, body.reader);
          changed.push([
            "q.roast",
            sealChoices(key, [{ question: 0, option: 9, channel: "amp" }])[0]!,
          ]);
        }
        return formBody(random, changed);
      },
      async judge(input) {
        const response = await world.fetch("/v1/amp/answers", {
          method: "POST",
          headers: { "content-type": formType, "amp-email-sender": sender },
          body: input.slice(),
        });
        return (await refusalOf(response)) ?? takenOf(world, response, wasCarried(byInvitation));
      },
      secrets: mails.map(({ invitation }) => invitation),
      close: () => world.close(),
    };
  },
};

export const oneClick: Target = {
  name: "one-click",
  about:
    "POST /u/:invitation (RFC 8058), both kinds of form: nobody is unsubscribed but by their own link and the one field",
  async prepare() {
    const world = await buildWorld();
    const inputs = await Promise.all(
      Array.from({ length: genuineInputs }, () => invite(world.keys, world.campaign, {})),
    );
    const boundary = "maily-boundary";
    const field = 'Content-Disposition: form-data; name="List-Unsubscribe"';
    const multipart = `--${boundary}\r\n${field}\r\n\r\nOne-Click\r\n--${boundary}--\r\n`;
    const bodies = ["List-Unsubscribe=One-Click", multipart] as const;
    return {
      // kind ‖ invitation's index ‖ body
      make(random) {
        const kind = random.below(2);
        const body = Buffer.from(bodies[kind]!);
        const changed = several(random, body, (bytes) =>
          Buffer.from(mutateBytes(random, bytes, Buffer.from(random.pick(bodies)))),
        );
        return Uint8Array.from([kind, random.below(inputs.length), ...changed]);
      },
      async judge(input) {
        const kind = (input[0] ?? 0) % 2;
        const body = input.slice(2);
        const response = await world.fetch(`/u/${inputs[(input[1] ?? 0) % inputs.length]}`, {
          method: "POST",
          headers: {
            "content-type": kind === 0 ? formType : `multipart/form-data; boundary=${boundary}`,
          },
          body,
        });
        const refusal = await refusalOf(response);
        if (refusal !== undefined) return refusal;
        await response.text();
        // However it is written, the one field with the one value.
        const text = Buffer.from(body).toString("latin1");
        const says =
          /List-Unsubscribe/.test(decodedLoosely(text)) && /One-Click/.test(decodedLoosely(text));
        return says ? { is: "same" } : { is: "accepted", why: text };
      },
      secrets: inputs,
      close: () => world.close(),
    };
  },
};

const decodedLoosely = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
