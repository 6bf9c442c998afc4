// What a screen reader has to say of a trip by keyboard: after each key the element that has the focus, as Chromium's
// accessibility tree has it, with the groups that were entered; and what live regions said meanwhile.
import type { CDPSession, Page } from "playwright-core";

interface Value {
  readonly value?: string | number | boolean;
}

/** A node of CDP's Accessibility.getFullAXTree, as much as is read of it. */
interface Node {
  readonly nodeId: string;
  readonly parentId?: string;
  readonly ignored: boolean;
  readonly role?: Value;
  readonly name?: Value;
  readonly description?: Value;
  readonly value?: Value;
  readonly properties?: readonly { readonly name: string; readonly value: Value }[];
}

const saidName = "__said";
const ancestorsMax = 60;
/** What is announced when it is entered. */
const groups = new Set(["radiogroup", "group", "list", "table", "rowheader", "alert", "status"]);
/** Read out where they are so; the rest, such as whether it can be focused, is not. */
const states = ["checked", "required", "invalid", "disabled", "expanded", "readonly"];

const stateOf = ({ properties = [] }: Node): string[] =>
  states.flatMap((state) => {
    const value = properties.find(({ name }) => name === state)?.value.value;
    if (state === "checked" && value !== undefined)
      return [value === "true" || value === true ? "checked" : "not checked"];
    if (value === undefined || value === false || value === "false" || value === "") return [];
    return [value === true || value === "true" ? state : `${state} ${String(value)}`];
  });

function saying(node: Node): string {
  const [name, description, value] = [node.name, node.description, node.value].map((each) =>
    String(each?.value ?? "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
  return [
    `${String(node.role?.value)} "${name}"`,
    ...stateOf(node),
    ...(value ? [`value "${value}"`] : []),
    ...(description ? [`described "${description}"`] : []),
  ].join(", ");
}

export interface Transcript {
  readonly lines: readonly string[];
  /** A title for what follows, and where the focus is now. */
  readonly part: (title: string) => Promise<void>;
}

/** Writes down every key that is pressed on the page's keyboard from now on. Called before the page is opened. */
export async function transcribe(page: Page): Promise<Transcript> {
  const lines: string[] = [];
  const entered = new Set<string>();
  const said: string[] = [];
  await page.exposeFunction(saidName, (text: string) => said.push(text));
  await page.addInitScript((name) => {
    const before = new WeakMap<Element, string>();
    const report = Reflect.get(globalThis, name) as (text: string) => void; // Exposed above.
    new MutationObserver(() => {
      for (const region of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
        const text = (region.textContent ?? "").trim();
        if (text !== "" && text !== before.get(region)) report(`${region.role}: ${text}`);
        before.set(region, text);
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  }, saidName);
  const device: CDPSession = await page.context().newCDPSession(page);

  const write = async (key: string): Promise<void> => {
    // What a key leads to is drawn by the next frame but one.
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    const { nodes } = (await device.send("Accessibility.getFullAXTree")) as { nodes: Node[] }; // CDP's own type has more.
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const focused = nodes.findLast(
      ({ role, properties }) =>
        role?.value !== "RootWebArea" &&
        properties?.some(({ name, value }) => name === "focused" && value.value === true),
    );
    const around: Node[] = [];
    let node = focused;
    for (let depth = 0; depth < ancestorsMax && node?.parentId !== undefined; depth++) {
      node = byId.get(node.parentId);
      if (node !== undefined && !node.ignored && groups.has(String(node.role?.value)))
        around.unshift(node);
    }
    const fresh = around.filter(({ nodeId }) => !entered.has(nodeId));
    entered.clear();
    for (const { nodeId } of around) entered.add(nodeId);
    // Chromium's own tree leaves it out.
    const instead = await page.evaluate(
      () => document.activeElement?.getAttribute("aria-valuetext") ?? "",
    );
    for (const text of said.splice(0)) lines.push(`  announced ${text}`);
    for (const group of fresh) lines.push(`  enters ${saying(group)}`);
    const heard = focused === undefined ? "no focus" : saying(focused);
    lines.push(`  ${key}: ${heard}${instead && `, said as "${instead}"`}`);
  };

  const { keyboard } = page;
  const [press, type, insert] = [
    keyboard.press.bind(keyboard),
    keyboard.type.bind(keyboard),
    keyboard.insertText.bind(keyboard),
  ];
  keyboard.press = async (key, options) => {
    await press(key, options);
    // What Enter leads to may be another page, which begins with its own line.
    if (key === "Enter") lines.push("  Enter");
    else await write(key);
  };
  keyboard.type = async (text, options) => {
    await type(text, options);
    await write(`types "${text}"`);
  };
  keyboard.insertText = async (text) => {
    await insert(text);
    await write(`types "${text.replaceAll("\n", " ")}"`);
  };
  return {
    lines,
    async part(title) {
      lines.push("", title);
      await write("here");
    },
  };
}
