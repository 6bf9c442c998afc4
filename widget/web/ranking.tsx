import { optionText } from "./answer-text.ts";
import { answer } from "./asking.ts";
import type { ControlOf } from "./question.tsx";
import { fill, type AskingWords } from "./words/words.ts";

/** What is being dragged: pointer events outlive a drawing, so this does too. */
let dragged: string | undefined;

/** Where the pointer is among the items, by their middles. */
const placeUnder = (list: Element, clientY: number): number =>
  Array.from(list.children).filter((item) => {
    const { top, height } = item.getBoundingClientRect();
    return top + height / 2 < clientY;
  }).length;

/** An item with the arrows that move it; the one pressed keeps the focus while its item moves. */
function Item(props: {
  text: string;
  option: string;
  words: AskingWords;
  first: boolean;
  last: boolean;
  move: (offset: -1 | 1) => void;
}) {
  const { text, option, words, first, last, move } = props;
  const arrow = (name: "up" | "down", stuck: boolean) => (
    <button
      type="button"
      class={name}
      aria-label={fill(words[name], text)}
      aria-disabled={stuck}
      onClick={({ currentTarget }) => {
        move(name === "up" ? -1 : 1);
        currentTarget.focus();
      }}
    />
  );
  return (
    <li>
      <span class="handle" data-handle={option} aria-hidden="true" />
      <span>{text}</span>
      {arrow("up", first)}
      {arrow("down", last)}
    </li>
  );
}

export function Ranking({ page, question, id, value, describedBy }: ControlOf<"ranking">) {
  const { asking } = page.speech;
  const order = Array.isArray(value) ? value : question.options.map((option) => option.id);
  const textOf = (option: string): string => optionText(page, question.options, option);
  const move = (option: string, to: number): void => {
    const others = order.filter((each) => each !== option);
    if (to < 0 || to > others.length || order[to] === option) return;
    const said = fill(asking.moved, textOf(option), to + 1, order.length);
    answer(id, [...others.slice(0, to), option, ...others.slice(to)], said);
  };
  return (
    <>
      <ol
        class="ranking"
        aria-labelledby={`${id}-question`}
        aria-describedby={describedBy}
        data-empty={value === undefined}
        onPointerDown={(event) => {
          // A pointer's target is an element.
          const handle = (event.target as Element).closest<HTMLElement>("[data-handle]");
          if (handle === null) return;
          dragged = handle.dataset["handle"];
          // On the list: the items themselves are moved about, and a moved element loses its capture.
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={({ currentTarget, clientY }) => {
          if (dragged === undefined) return;
          const to = placeUnder(currentTarget, clientY);
          move(dragged, to > order.indexOf(dragged) ? to - 1 : to);
        }}
        onLostPointerCapture={() => {
          dragged = undefined;
        }}
      >
        {order.map((option, index) => (
          <Item
            key={option}
            text={textOf(option)}
            option={option}
            words={asking}
            first={index === 0}
            last={index === order.length - 1}
            move={(offset) => move(option, index + offset)}
          />
        ))}
      </ol>
      {value === undefined && (
        <button type="button" onClick={() => answer(id, order)}>
          {asking.keepOrder}
        </button>
      )}
    </>
  );
}
