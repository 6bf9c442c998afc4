// Firefox by WebDriver BiDi, the protocol that it speaks itself.
import { launch, type ElementHandle, type Frame, type Page } from "puppeteer-core";
import { lookFor, seen, until, widgetFrame, type Engine, type Sight, type Tab } from "./tab.ts";

function tabOf(page: Page, frame: Frame): Tab {
  const find = async (sight: Sight): Promise<ElementHandle> => {
    await seen(tab, sight);
    const found = (await frame.evaluateHandle(lookFor, sight)).asElement();
    if (found === null) throw new Error(`gone again: ${sight.css}`);
    return found as ElementHandle; // `lookFor` gives nothing else.
  };
  const tab: Tab = {
    // Puppeteer's own types follow what is serialised; ours are plain data.
    run: (script, given) => frame.evaluate(script as never, given as never) as never,
    click: async (sight) => (await find(sight)).click(),
    async type(sight, text) {
      await (await find(sight)).focus();
      await page.keyboard.type(text);
    },
    choose: async (sight, value) => void (await (await find(sight)).select(value)),
    async keys(...keys) {
      for (const key of keys) await page.keyboard.press(key);
    },
  };
  return tab;
}

export async function firefox(): Promise<Engine> {
  const browser = await launch({
    browser: "firefox",
    executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr",
    headless: true,
  });
  return {
    version: await browser.version(),
    async visitor() {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") faults.push(message.text());
      });
      return {
        ...tabOf(page, page.mainFrame()),
        goTo: async (address) => void (await page.goto(address)),
        async inWidget() {
          const frameOf = async () => {
            const element = (await page.evaluateHandle(widgetFrame, undefined)).asElement();
            return (element as ElementHandle<HTMLIFrameElement> | null)?.contentFrame(); // It gives frames only.
          };
          await until("the widget's frame", async () => (await frameOf()) != null);
          const frame = await frameOf();
          if (frame == null) throw new Error("the widget has no frame");
          return tabOf(page, frame);
        },
        faults: () => Promise.resolve(faults),
        leave: () => context.close(),
      };
    },
    stop: () => browser.close(),
  };
}
