// What a mail shows of pictures and drawn steps. A picture's address is the same for every reader: it carries no token, so
// that loading it tells nobody who opened the mail.
import { imageName } from "../../sdk/image-type.ts";
import type { Image, Question } from "../../sdk/schema/widget.ts";

export interface Picture {
  readonly address: string;
  /** Empty where it only decorates. */
  readonly alt: string;
  /** As it is kept, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** Undefined for a picture that is not published: no mail client finds a file beside the widget. */
export function pictureOf(
  { source, width, height }: Image,
  alt: string,
  edge: string,
): Picture | undefined {
  if (!imageName.test(source) || width === undefined || height === undefined) return undefined;
  return { address: `${edge}/images/${source}`, alt, width, height };
}

/** The picture's size as it is shown within a box, its proportions kept; never larger than it is. */
export function shownWithin(
  { width, height }: Picture,
  box: { readonly width: number; readonly height: number },
): { readonly width: number; readonly height: number } {
  const share = Math.min(1, box.width / width, box.height / height);
  return {
    width: Math.max(1, Math.round(width * share)),
    height: Math.max(1, Math.round(height * share)),
  };
}

const faces: Readonly<Record<number, readonly string[]>> = {
  3: ["🙁", "😐", "🙂"],
  5: ["😞", "🙁", "😐", "🙂", "😄"],
};
/** Filled and empty. */
const marks = { stars: ["★", "☆"], hearts: ["♥", "♡"] } as const;
const thumbs = ["👍", "👎"];

/** What is drawn for the option at `index`, as a character: mail clients take out SVG. Undefined where nothing is. */
export function glyphOf(question: Question, index: number): string | undefined {
  if (question.kind === "yes-no") return question.look === "thumbs" ? thumbs[index] : undefined;
  if (question.kind !== "rating") return undefined;
  const { look = "numbers", steps } = question;
  if (look === "numbers") return undefined;
  return look === "emoji" ? faces[steps]?.[index] : marks[look][0];
}

/** Whether steps below the chosen one are drawn filled as well. */
export const fillsUp = (question: Question): boolean =>
  question.kind === "rating" && (question.look === "stars" || question.look === "hearts");

/** The option at `index` drawn in a line of text: `★★★☆☆`. */
export function drawnInText(question: Question, index: number): string | undefined {
  if (question.kind !== "rating" || (question.look !== "stars" && question.look !== "hearts"))
    return glyphOf(question, index);
  const [full, empty] = marks[question.look];
  return full.repeat(index + 1) + empty.repeat(question.steps - index - 1);
}
