// AMP's actions: `on="event:target.method(argument),…;other:…"` (amphtml, docs/spec/amp-actions-and-events).

export interface Action {
  readonly target: string;
  readonly method: string;
  readonly argument: string;
}

/** Cuts at `mark` where it stands in no brackets and no quotes. */
function cut(text: string, mark: ";" | ","): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === "'" || character === '"') quote = character;
    else if ("({[".includes(character)) depth++;
    else if (")}]".includes(character)) depth--;
    else if (character === mark && depth === 0) {
      pieces.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...pieces, text.slice(from)].map((piece) => piece.trim()).filter((piece) => piece !== "");
}

function actionOf(text: string): Action {
  const parts = /^([\w-]+)\.(\w+)(?:\((.*)\))?$/s.exec(text);
  if (parts === null) throw new Error(`AMP: cannot read the action "${text}"`);
  const [, target = "", method = "", argument = ""] = parts;
  return { target, method, argument };
}

const actionsOf = (handler: string): Action[] =>
  cut(handler.slice(handler.indexOf(":") + 1), ",").map(actionOf);

/** The actions of `on` for one event, in their order. Throws Error where they cannot be read. */
export function actionsOn(on: string, event: string): Action[] {
  const handler = cut(on, ";").find((each) => each.startsWith(`${event}:`));
  return handler === undefined ? [] : actionsOf(handler);
}

export const allActions = (on: string): Action[] => cut(on, ";").flatMap(actionsOf);
