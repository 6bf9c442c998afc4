// As much of W3C WebDriver as the tests use: https://www.w3.org/TR/webdriver2/.
const elementKey = "element-6066-11e4-a52e-4f735466cecf";

/** Longer than any script here takes; a browser that hangs fails by name. */
const commandMilliseconds = 40_000;

export type ElementReference = Readonly<Record<typeof elementKey, string>>;

/** The code points of WebDriver's "keyboard actions" table. */
export const keyCodes = {
  Tab: "\uE004",
  Escape: "\uE00C",
  Space: " ",
  Home: "\uE011",
  ArrowRight: "\uE014",
} as const;

export interface Session {
  readonly goTo: (address: string) => Promise<void>;
  /** Runs the body of an async function in the frame that is current. */
  readonly run: (body: string, given: readonly unknown[]) => Promise<unknown>;
  readonly click: (element: ElementReference) => Promise<void>;
  readonly type: (element: ElementReference, text: string) => Promise<void>;
  readonly press: (key: string) => Promise<void>;
  readonly size: (width: number, height: number) => Promise<void>;
  /** What comes next is meant for this frame of the page; `null`: for the page. */
  readonly enter: (frame: ElementReference | null) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Throws Error with WebDriver's own where the command fails. */
async function command(
  driver: string,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(driver + path, {
    method,
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(commandMilliseconds),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { value } = (await response.json()) as { value: unknown }; // Every answer of WebDriver's is so.
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
  return value;
}

export const isUp = (driver: string): Promise<boolean> =>
  command(driver, "GET", "/status").then(
    () => true,
    () => false,
  );

export async function newSession(
  driver: string,
  capabilities: object,
): Promise<{ session: Session; version: string }> {
  const { sessionId, capabilities: got } = (await command(driver, "POST", "/session", {
    capabilities: { alwaysMatch: capabilities },
  })) as { sessionId: string; capabilities: { browserVersion: string } }; // §8.1.
  const post = (path: string, body: unknown): Promise<unknown> =>
    command(driver, "POST", `/session/${sessionId}${path}`, body);
  const session: Session = {
    goTo: async (url) => void (await post("/url", { url })),
    async run(body, given) {
      const script = `const done = arguments[arguments.length - 1];
        (async (...given) => { ${body} })(...Array.from(arguments).slice(0, -1))
          .then((told) => done({ told }), (error) => done({ error: String(error) }));`;
      const { told, error } = (await post("/execute/async", { script, args: given })) as {
        told?: unknown;
        error?: string;
      }; // As written above.
      if (error !== undefined) throw new Error(error);
      return told;
    },
    click: async (element) => void (await post(`/element/${element[elementKey]}/click`, {})),
    type: async (element, text) =>
      void (await post(`/element/${element[elementKey]}/value`, { text })),
    press: async (value) =>
      void (await post("/actions", {
        actions: [
          {
            type: "key",
            id: "keyboard",
            actions: [
              { type: "keyDown", value },
              { type: "keyUp", value },
            ],
          },
        ],
      })),
    size: async (width, height) => void (await post("/window/rect", { width, height })),
    enter: async (frame) => void (await post("/frame", { id: frame })),
    end: async () => void (await command(driver, "DELETE", `/session/${sessionId}`)),
  };
  return { session, version: got.browserVersion };
}
