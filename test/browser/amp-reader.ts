// A reader in front of an AMP mail, in real Chromium: the demo's runtime stands in for AMP's, the test for the mail provider.
import type { Browser, Page, ViewportSize } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";
import { edge } from "../email/views.ts";
import { pixel, pixelName } from "../widget/fixtures/further-kinds.ts";
import { phone } from "./reader.ts";

let runtime: Promise<string> | undefined;

async function buildRuntime(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      lib: {
        entry: new URL("amp-entry.ts", import.meta.url).pathname,
        formats: ["iife"],
        name: "ampRuntime",
        fileName: () => "amp.js",
      },
    },
  });
  for (const { output } of Array.isArray(built) ? built : [])
    for (const chunk of output) if (chunk.type === "chunk") return chunk.code;
  throw new Error("nothing was built");
}

export interface ProxyAnswer {
  readonly status: number;
  readonly body: string;
}

export const accepted: ProxyAnswer = { status: 202, body: '{"receipt":"r","padding":"   "}' };

export interface AmpReader {
  readonly page: Page;
  /** Bodies that were posted, in order. */
  readonly posts: readonly string[];
  /** What the provider answers from now on; a promise is waited for. */
  readonly answerWith: (answer: ProxyAnswer | Promise<ProxyAnswer>) => void;
  /** Errors of the mail's script, and what it asked of anybody. */
  readonly faults: readonly string[];
  /** Fails where there are any. */
  readonly leave: () => Promise<void>;
}

export async function openAmp(
  browser: Browser,
  html: string,
  viewport: ViewportSize = phone,
): Promise<AmpReader> {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  const page = await context.newPage();
  // A mail answers at once: what is not there soon is a mistake, and need not be waited for.
  page.setDefaultTimeout(10_000);
  const faults: string[] = [];
  const posts: string[] = [];
  let next: ProxyAnswer | Promise<ProxyAnswer> = accepted;
  page.on("pageerror", (error) => faults.push(error.message));
  // A mail asks nobody but the edge for its pictures. The runtime's own address stays unanswered here.
  await page.route("**/*", (route) => {
    const { hostname, origin, pathname } = new URL(route.request().url());
    if (origin === edge && pathname === `/images/${pixelName}`)
      return route.fulfill({ body: Buffer.from(pixel), contentType: "image/png" });
    if (hostname !== "cdn.ampproject.org") faults.push(`asked ${hostname}`);
    return route.abort();
  });
  await page.exposeFunction("mailProxy", (url: string, body: string) => {
    if (url !== `${edge}/v1/amp/answers`) faults.push(`posted to ${url}`);
    posts.push(body);
    return next;
  });
  await page.setContent(html);
  // AMP4EMAIL has no `<title>`; the mail client's frame has one.
  await page.evaluate(() => (document.title = "A mail"));
  runtime ??= buildRuntime();
  await page.addScriptTag({ content: await runtime });
  return {
    page,
    posts,
    faults,
    answerWith: (answer) => {
      next = answer;
    },
    leave: async () => {
      await context.close();
      expect(faults).toEqual([]);
    },
  };
}

/** Nothing is cut off or scrolls sideways, and everything to hit is 44 pixels high. */
export async function expectRoomy(page: Page, where: string): Promise<void> {
  const { sideways, small } = await page.evaluate(() => ({
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    small: [
      ...document.querySelectorAll<HTMLElement>(
        "button, .button, select, .option, .mark, input[type=range]",
      ),
    ]
      .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 44)
      .map((target) => target.outerHTML),
  }));
  expect({ sideways, small }, where).toEqual({ sideways: 0, small: [] });
}
