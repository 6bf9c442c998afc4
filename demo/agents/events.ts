// Server-sent events of a response (WHATWG HTML §9.2), as far as a region's server sends them.

const eventCharactersMax = 2_000_000;

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Ends with the response. Throws where an event does not end within its limit. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let waiting = "";
  for await (const chunk of response.body ?? []) {
    waiting += decoder.decode(chunk, { stream: true });
    if (waiting.length > eventCharactersMax) throw new Error("An event is too long.");
    const blocks = waiting.split(/\r?\n\r?\n/);
    waiting = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = readEvent(block);
      if (event.data !== "") yield event;
    }
  }
}

function readEvent(block: string): ServerEvent {
  const valuesOf = (field: string): string[] =>
    block
      .split(/\r?\n/)
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ""));
  return { event: valuesOf("event").at(-1) ?? "message", data: valuesOf("data").join("\n") };
}
