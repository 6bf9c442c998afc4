// A reader in real Chromium, in front of the whole product: what a test needs to be one.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Frame, Page, Request } from "playwright-core";
import { expect } from "vitest";
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { readInvitation } from "../../sdk/invitation-body.ts";
import { openerOf } from "../../sdk/node/open.ts";
import { parseEnvelope } from "../../sdk/envelope.ts";
import { Payload } from "../../sdk/schema/answer.ts";
import { Submission } from "../../sdk/schema/submission.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import type { Deployed } from "../flow/product.ts";

export const phone = { width: 390, height: 844 } as const;
export const desk = { width: 1280, height: 900 } as const;
export const narrow = { width: 320, height: 640 } as const;

export interface Reader {
  readonly page: Page;
  /** Every request that was not a GET, with its body. */
  readonly posts: readonly Request[];
  /** Every address asked for. */
  readonly asked: readonly string[];
  /** Errors, and breaches of the policy. */
  readonly faults: readonly string[];
  /** Ends the visit. Fails where the page erred, broke its policy, asked another origin, or set a cookie. */
  readonly leave: () => Promise<void>;
}

const faultsKept = "__faults";

/** Opens `link` as a new reader. `prepare` runs before any script of the page. */
export async function arrive(
  browser: Browser,
  link: string,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
): Promise<Reader> {
  const context = await browser.newContext({
    viewport: phone,
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const posts: Request[] = [];
  const asked: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // Chromium's own line for every answer of 400 and more, which some tests provoke.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      faults.push(message.text());
  });
  page.on("request", (request) => {
    asked.push(request.url());
    if (request.method() !== "GET") posts.push(request);
  });
  await page.exposeFunction(faultsKept, (fault: string) => faults.push(fault));
  await page.addInitScript((name) => {
    addEventListener("securitypolicyviolation", (event) => {
      const report = Reflect.get(globalThis, name) as (fault: string) => void; // Exposed above.
      report(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  }, faultsKept);
  await prepare(page);
  await page.goto(link);
  const leave = async (): Promise<void> => {
    const cookies = await context.cookies();
    // A handler that is still at work would fail with the page.
    if (!page.isClosed()) await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
    const { origin } = new URL(link);
    const foreign = asked.filter(
      (address) => !address.startsWith(origin) && !/^(data|blob):/.test(address),
    );
    expect({ faults, cookies, foreign }).toEqual({ faults: [], cookies: [], foreign: [] });
  };
  return { page, posts, asked, faults, leave };
}

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};

/** What a post sealed, opened with the region's own seed as its server would. */
export function opened(
  product: Deployed,
  post: Request | undefined,
): { sent: Submission; payload: Payload } {
  const { sent, payload } = unsealed(product, post);
  return { sent, payload: Payload.parse(payload) };
}

/** The same whatever was sealed, such as a reader's preferences. */
export function unsealed(
  product: Deployed,
  post: Request | undefined,
): { sent: Submission; payload: unknown } {
  const sent = Submission.parse(post?.postDataJSON());
  return { sent, payload: openSealed(product, sent) };
}

/** What a submission's envelope holds. */
export function openSealed(product: Deployed, sent: Submission): unknown {
  const invited = readInvitation(sent.invitation);
  if (invited === undefined) throw new Error("no invitation");
  const { body, bytes } = invited;
  const envelope = bytesOf(sent.envelope);
  const { keyId } = parseEnvelope(envelope);
  const key = product.keys.regions[body.region].keys.find((each) => each.keyId === keyId);
  if (key === undefined) throw new Error(`no key ${keyId} in ${body.region}`);
  const payload = openerOf(bytesOf(key.seed))(
    {
      ...body,
      keyId,
      submissionId: bytesOf(sent.submissionId),
      consent: sent.consent,
      invitation: bytes,
    },
    envelope,
  );
  return JSON.parse(payload) as unknown;
}

const axeSource = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** Fails with what axe finds against WCAG 2.2 AA and its best practices, where the reader is now. */
export async function expectAccessible(page: Page | Frame, where: string): Promise<void> {
  // Evaluated by the debugger, which no policy binds: the page's own stays in force.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(await axeSource);
  // What it passes is megabytes of a long page, and nobody reads them.
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }).then(({ violations }) => ({ violations }))`,
  );
  const found = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
  }));
  expect(found, where).toEqual([]);
}

/** Nothing is cut off or scrolls sideways, and everything to hit is 44 pixels high (WCAG 2.2 §2.5.8 asks 24). */
export async function expectRoomy(page: Page, where: string): Promise<void> {
  const { sideways, small } = await page.evaluate(() => {
    const targets = [
      ...document.querySelectorAll<HTMLElement>(
        "button, select, textarea, .option, .scale label, input[type=text], input[type=date], input[type=range]",
      ),
    ];
    return {
      sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: targets
        .filter((target) => target.getBoundingClientRect().height < 44)
        .map((target) => target.outerHTML),
    };
  });
  expect({ sideways, small }, where).toEqual({ sideways: 0, small: [] });
}

export const mainButton = (page: Page) => page.locator("button.main");

/** The next press finds a page that came into sight a moment before it, however slow this machine is. */
export const appearAtNextPress = (page: Page): Promise<void> =>
  page.evaluate(() =>
    addEventListener(
      "pointerdown",
      () => document.dispatchEvent(new Event("visibilitychange", { bubbles: true })),
      { once: true, capture: true },
    ),
  );

/** As a person does who has looked at what the button says; anything faster is not taken. */
export async function pressToSend(page: Page): Promise<void> {
  const button = mainButton(page);
  await button.waitFor();
  await page.waitForTimeout(dwellMilliseconds);
  await button.click();
}

export const heading = (page: Page) => page.locator("h1").innerText();

/** Waits for the heading to be another than `before`, and returns it. */
export async function nextHeading(page: Page, before: string): Promise<string> {
  await page.waitForFunction(
    (text) =>
      document.querySelector("h1") !== null && document.querySelector("h1")?.innerText !== text,
    before,
  );
  return heading(page);
}
