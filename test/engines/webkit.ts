// WebKitGTK: the engine of Safari, in which most mail is read, as Debian packages it. Its driver starts a browser for each
// visitor, on a screen that nobody sees.
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../flow/product.ts";
import { isUp, keyCodes, newSession, type ElementReference, type Session } from "./webdriver.ts";
import {
  lookFor,
  seen,
  until,
  widgetFrame,
  type Engine,
  type Sight,
  type Tab,
  type Visitor,
} from "./tab.ts";

/** Tall: what the driver has to scroll to inside a frame it does not hit. */
const screenSize = { width: 1280, height: 1800 } as const;
const libraries = "/usr/lib";

/** Debian keeps the browser beside the library, in a folder of the machine's architecture. */
function miniBrowser(): string {
  const set = process.env["MINIBROWSER"];
  if (set !== undefined) return set;
  for (const architecture of readdirSync(libraries).filter((name) => name.endsWith("-linux-gnu")))
    for (const library of readdirSync(join(libraries, architecture)))
      if (library.startsWith("webkit2gtk-")) {
        const found = readdirSync(join(libraries, architecture, library));
        if (found.includes("MiniBrowser"))
          return join(libraries, architecture, library, "MiniBrowser");
      }
  throw new Error("no MiniBrowser: apt-get install webkit2gtk-driver");
}

/** Fails where the program is not there, instead of waiting for it. */
async function started(child: ChildProcess): Promise<ChildProcess> {
  await new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return child;
}

async function screen(): Promise<{ display: string; child: ChildProcess }> {
  const child = await started(
    spawn(
      "Xvfb",
      [
        "-displayfd",
        "3",
        "-screen",
        "0",
        `${screenSize.width}x${screenSize.height}x24`,
        "-nolisten",
        "tcp",
      ],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe"],
      },
    ),
  );
  const display = await new Promise<string>((resolve, reject) => {
    child.stdio[3]?.once("data", (bytes) => resolve(`:${String(bytes).trim()}`));
    child.once("exit", () => reject(new Error("Xvfb ended before it had a screen")));
  });
  return { display, child };
}

/**
 * What no event of the driver tells, for WebDriver has none: kept in the document from the first time it is looked into, which
 * is while it loads. Breaches of its policy before that are reported all the same.
 */
const listen = `
  const faults = (globalThis.__faults ??= []);
  if (!globalThis.__listens) {
    globalThis.__listens = true;
    addEventListener("error", ({ message }) => faults.push(String(message)));
    addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));
    const { error } = console;
    console.error = (...all) => { faults.push(all.map(String).join(" ")); error.apply(console, all); };
    new ReportingObserver(
      (reports) => { for (const { body } of reports) faults.push("policy: " + body.effectiveDirective + " " + body.blockedURL); },
      { types: ["csp-violation"], buffered: true },
    ).observe();
  }`;

/** A document of the session, and the faults of all of them. */
function tabOf(session: Session, heard: string[], enter: () => Promise<void>): Tab {
  const run = async (script: (given: never) => unknown, given: unknown): Promise<unknown> => {
    await enter();
    const call = given === undefined ? "()" : "(...given)";
    const { told, faults } = (await session.run(
      `${listen} const told = await (${String(script)})${call};
       return { told, faults: faults.splice(0) };`,
      given === undefined ? [] : [given],
    )) as { told: unknown; faults: string[] }; // As written above.
    heard.push(...faults);
    return told;
  };
  const find = async (sight: Sight): Promise<ElementReference> => {
    await seen(tab, sight);
    const found = (await run(lookFor, sight)) as ElementReference | null; // How an element arrives.
    if (found === null) throw new Error(`gone again: ${sight.css}`);
    return found;
  };
  const tab: Tab = {
    run: (script, given) => run(script, given) as never, // Plain data both ways, by Tab's types.
    click: async (sight) => session.click(await find(sight)),
    type: async (sight, text) => session.type(await find(sight), text),
    async choose(sight, value) {
      const option = await run(
        ({ css, of }: { css: string; of: string }) =>
          document.querySelector(`${css} option[value="${of}"]`),
        { css: sight.css, of: value },
      );
      await session.click(option as ElementReference); // An option that is not there fails by name.
    },
    async keys(...keys) {
      for (const key of keys) await session.press(keyCodes[key]);
    },
  };
  return tab;
}

function visitorOf(session: Session): Visitor {
  const heard: string[] = [];
  const page = () => session.enter(null);
  const tab = tabOf(session, heard, page);
  return {
    ...tab,
    async goTo(address) {
      const began = await tab.run(() => performance.timeOrigin);
      await session.goTo(address);
      await until(
        `another document at ${address}`,
        async () => (await tab.run(() => performance.timeOrigin)) !== began,
      );
    },
    async inWidget() {
      let frame: ElementReference | null = null;
      await until("the widget's frame", async () => {
        frame = (await tab.run(widgetFrame)) as ElementReference | null; // How an element arrives.
        return frame !== null;
      });
      return tabOf(session, heard, async () => {
        await page();
        await session.enter(frame);
      });
    },
    async faults() {
      await tab.run(() => undefined);
      return heard;
    },
    leave: () => session.end(),
  };
}

/** Each visitor has a driver of its own: it drives one browser, and what hangs ends with the visit. */
async function startDriver(display: string): Promise<{ address: string; stop: () => void }> {
  const [port = 0] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  const child = await started(
    // A group of its own, so that the bus and the browser end with it.
    spawn("dbus-run-session", ["--", "WebKitWebDriver", `--port=${port}`], {
      detached: true,
      stdio: "ignore",
      env: {
        ...process.env,
        DISPLAY: display,
        GDK_BACKEND: "x11",
        NO_AT_BRIDGE: "1",
        // The order in which a date's parts are asked for.
        LANG: "en_US.UTF-8",
        // Its sandbox needs namespaces that containers do not give; what it opens here is ours.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      },
    }),
  );
  await until("WebKitWebDriver", () => isUp(address));
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid);
  };
  return { address, stop };
}

export async function webkit(): Promise<Engine> {
  const { display, child: xvfb } = await screen();
  const visitor = async (): Promise<Visitor & { readonly version: string }> => {
    const driver = await startDriver(display);
    const { session, version } = await newSession(driver.address, {
      pageLoadStrategy: "none",
      "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] },
    });
    await session.size(screenSize.width, screenSize.height);
    const leave = async (): Promise<void> => {
      // A page that hangs would keep its browser, too.
      await session.end().finally(driver.stop);
    };
    return { ...visitorOf(session), leave, version };
  };
  const first = await visitor();
  await first.leave();
  return {
    version: `WebKitGTK ${first.version}`,
    visitor,
    async stop() {
      xvfb.kill();
      await new Promise((resolve) => xvfb.once("exit", resolve));
    },
  };
}
