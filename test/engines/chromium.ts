import type { ElementHandle, Frame } from "playwright-core";
import { launchBrowser } from "../browser/chromium.ts";
import { lookFor, seen, until, widgetFrame, type Engine, type Sight, type Tab } from "./tab.ts";

function tabOf(frame: Frame): Tab {
  const find = async (sight: Sight): Promise<ElementHandle<Element>> => {
    await seen(tab, sight);
    const found = (await frame.evaluateHandle(lookFor, sight)).asElement();
    if (found === null) throw new Error(`gone again: ${sight.css}`);
    return found;
  };
  const tab: Tab = {
    // Playwright's own types follow what is serialised; ours are plain data.
    run: (script, given) => frame.evaluate(script as never, given) as never,
    click: async (sight) => (await find(sight)).click(),
    async type(sight, text) {
      await (await find(sight)).focus();
      await frame.page().keyboard.type(text);
    },
    choose: async (sight, value) => void (await (await find(sight)).selectOption(value)),
    async keys(...keys) {
      for (const key of keys) await frame.page().keyboard.press(key);
    },
  };
  return tab;
}

export async function chromium(): Promise<Engine> {
  const browser = await launchBrowser();
  return {
    version: `Chromium ${browser.version()}`,
    async visitor() {
      const context = await browser.newContext({ reducedMotion: "reduce" });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("pageerror", ({ message }) => faults.push(message));
      page.on("console", (message) => {
        if (message.type() === "error") faults.push(message.text());
      });
      return {
        ...tabOf(page.mainFrame()),
        goTo: async (address) => void (await page.goto(address)),
        async inWidget() {
          await until(
            "the widget's frame",
            async () => (await page.evaluateHandle(widgetFrame, undefined)).asElement() !== null,
          );
          const element = (await page.evaluateHandle(widgetFrame, undefined)).asElement();
          const frame = await element?.contentFrame();
          if (frame == null) throw new Error("the widget has no frame");
          return tabOf(frame);
        },
        faults: () => Promise.resolve(faults),
        leave: () => context.close(),
      };
    },
    stop: () => browser.close(),
  };
}
