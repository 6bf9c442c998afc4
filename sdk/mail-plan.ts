// A compiled mail and how it becomes one reader's (SPEC §3.12). Runs where mails are rendered; no dependencies.
import type {
  MailParts,
  MailPiece,
  MailPlan,
  MailSlot,
  MailTemplate,
  Shuffled,
} from "./schema/mail-plan.ts";

// Compilers write plain strings with tokens in them, which survive every template language; `templateOf` cuts at them.
const token = /~maily\.([\w.]+)~/g;

/** The token of a slot, to be written into a text that `templateOf` reads. */
export function slotToken(slot: MailSlot): string {
  switch (slot.slot) {
    case "code":
      return `~maily.code.${slot.question}.${slot.option}~`;
    case "field":
      return `~maily.field.${slot.name}.${slot.encode}~`;
    default:
      return `~maily.${slot.slot}~`;
  }
}

export const invitationToken = slotToken({ slot: "invitation" });

/** The options of a question in a reader's own order: each item a text with tokens of its own; those `kept` stay put. */
export const shuffledTokens = (
  question: number,
  items: readonly string[],
  kept: readonly number[] = [],
): string =>
  `~maily.${["shuffled", question, ...kept].join(".")}~${items.join("~maily.item~")}~maily.end~`;

function slotOf(name: string): MailSlot | undefined {
  const [kind, first = "", second = ""] = name.split(".");
  switch (kind) {
    case "invitation":
    case "codes":
      return { slot: kind };
    case "code":
      return /^\d+$/.test(first) && /^\d+$/.test(second)
        ? { slot: "code", question: Number(first), option: Number(second) }
        : undefined;
    case "field":
      return second === "html" || second === "text" || second === "url"
        ? { slot: "field", name: first, encode: second }
        : undefined;
    default:
      return undefined;
  }
}

/** Cuts a text at its tokens. Throws Error for a token that is no slot: a compiler's mistake. */
export function templateOf(text: string): MailTemplate {
  const template: MailTemplate = [];
  let pieces: MailPiece[] = template as MailPiece[]; // Shuffles are pushed to `template` itself, below.
  let shuffled: (Omit<Shuffled, "items"> & { items: MailPiece[][] }) | undefined;
  let at = 0;
  const add = (piece: MailPiece): void => {
    if (piece !== "") pieces.push(piece);
  };
  for (const match of text.matchAll(token)) {
    add(text.slice(at, match.index));
    at = match.index + match[0].length;
    const [, name = ""] = match;
    if (name.startsWith("shuffled.")) {
      const [question = 0, ...kept] = name.split(".").slice(1).map(Number);
      shuffled = { slot: "shuffled", question, items: [], ...(kept.length > 0 && { kept }) };
      template.push(shuffled);
    }
    if (shuffled !== undefined && (name.startsWith("shuffled.") || name === "item")) {
      pieces = [];
      shuffled.items.push(pieces);
    } else if (name === "end") {
      shuffled = undefined;
      pieces = template as MailPiece[];
    } else {
      const slot = slotOf(name);
      if (slot === undefined) throw new Error(`no such slot: ${name}`);
      add(slot);
    }
  }
  add(text.slice(at));
  return template;
}

/** What one reader's slots hold: texts, or an ESP's merge tags in their place. */
export interface SlotValues {
  readonly invitation: string;
  /** By the plan's `choices`. */
  readonly codes: readonly string[];
  /** Defaults to the codes joined. */
  readonly packed?: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Stands for a column in place of `fields`, encoded already: a merge tag, which no escaping may touch. */
  readonly fieldOf?: (name: string, encode: "html" | "text" | "url") => string;
  /** The order of a question's `count` options for this reader; the author's where absent. */
  readonly orderOf?: (question: number, count: number) => readonly number[];
}

const htmlEscapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? character);

const encoded = (text: string, encode: "html" | "text" | "url"): string => {
  if (encode === "html") return escapeHtml(text);
  // Half a surrogate pair, which a file cannot hold and a caller can, would throw.
  return encode === "url" ? encodeURIComponent(text.toWellFormed()) : text;
};

function valueOf(slot: MailSlot, values: SlotValues, indexOf: ReadonlyMap<number, number>): string {
  switch (slot.slot) {
    case "invitation":
      return values.invitation;
    case "codes":
      return values.packed ?? values.codes.join("");
    case "code":
      return values.codes[indexOf.get((slot.question << 16) | slot.option) ?? -1] ?? "";
    case "field":
      return (
        values.fieldOf?.(slot.name, slot.encode) ??
        encoded(values.fields[slot.name] ?? "", slot.encode)
      );
  }
}

const indices = new WeakMap<MailPlan, ReadonlyMap<number, number>>();

function indexOfChoices(plan: MailPlan): ReadonlyMap<number, number> {
  const known = indices.get(plan);
  if (known !== undefined) return known;
  const index = new Map(
    plan.choices.map(([question, option], position) => [(question << 16) | option, position]),
  );
  indices.set(plan, index);
  return index;
}

/** The items in a reader's order: those kept in their places, the others around them. */
function inOrder(
  { items, question, kept = [] }: Shuffled,
  { orderOf }: SlotValues,
): readonly number[] {
  const order = orderOf?.(question, items.length) ?? [...items.keys()];
  if (kept.length === 0) return order;
  const movable = order.filter((item) => !kept.includes(item)).values();
  return order.map((_, place) => (kept.includes(place) ? place : (movable.next().value ?? place)));
}

/** One template for one reader. */
export function fillTemplate(plan: MailPlan, template: MailTemplate, values: SlotValues): string {
  const indexOf = indexOfChoices(plan);
  // Joined at the end: a text added to piece by piece is a rope, which costs twice the time once somebody reads it.
  const texts: string[] = [];
  for (const piece of template) {
    if (typeof piece === "string") texts.push(piece);
    else if (piece.slot !== "shuffled") texts.push(valueOf(piece, values, indexOf));
    else {
      for (const item of inOrder(piece, values))
        for (const part of piece.items[item] ?? [])
          texts.push(typeof part === "string" ? part : valueOf(part, values, indexOf));
    }
  }
  return texts.join("");
}

export interface FilledParts {
  readonly subject: string;
  readonly text: string;
  readonly amp: string | undefined;
  readonly html: string;
}

/**
 * The parts in a reader's language, as RFC 4647 §3.4 looks it up: de-AT is de where there is no de-AT. Where the plan lacks
 * it altogether, in the plan's first.
 */
export const partsIn = (plan: MailPlan, language: string): MailParts => {
  for (let tag = language; tag !== ""; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-"))))
    if (Object.hasOwn(plan.parts, tag)) return plan.parts[tag] as MailParts; // It was just looked for.
  const parts = plan.parts[plan.languages[0] ?? ""];
  if (parts === undefined) throw new Error("a plan without its first language");
  return parts;
};

/** One order a question, asked for once: it costs more than the rest of a part. */
function remembering({ orderOf, ...values }: SlotValues): SlotValues {
  if (orderOf === undefined) return values;
  const orders = new Map<number, readonly number[]>();
  return {
    ...values,
    orderOf(question, count) {
      const order = orders.get(question) ?? orderOf(question, count);
      orders.set(question, order);
      return order;
    },
  };
}

/** One reader's mail: strings alone, MIME is the sender's. */
export function fillPlan(plan: MailPlan, language: string, values: SlotValues): FilledParts {
  const { subject, text, amp, html } = partsIn(plan, language);
  const own = remembering(values);
  return {
    subject: fillTemplate(plan, subject, own),
    text: fillTemplate(plan, text, own),
    amp: amp && fillTemplate(plan, amp, own),
    html: fillTemplate(plan, html, own),
  };
}
