import type { LocalText } from "../../../sdk/schema/widget.ts";
import { local, tongueOf, type Open } from "../page.ts";

/** What the steps at a scale's ends, and in its middle, mean. Undefined texts keep their place. */
export function Ends(props: { page: Open; id: string; texts: readonly (LocalText | undefined)[] }) {
  const { page, id, texts } = props;
  if (texts.every((text) => text === undefined)) return null;
  return (
    <p class="ends">
      {texts.map((text, index) => (
        <span key={index} id={`${id}-end-${index}`} {...(text && tongueOf(page, text))}>
          {text && local(page, text)}
        </span>
      ))}
    </p>
  );
}

/** The ids of those that say something, for what they explain. */
export const endIds = (id: string, texts: readonly (LocalText | undefined)[]): string[] =>
  texts.flatMap((text, index) => (text === undefined ? [] : [`${id}-end-${index}`]));

/** The texts of a question that has ends. */
export const endsOf = (question: object): (LocalText | undefined)[] => {
  // Every kind of scale names them alike; other kinds have none.
  const { low, middle, high } = question as Partial<Record<"low" | "middle" | "high", LocalText>>;
  return middle === undefined ? [low, high] : [low, middle, high];
};
