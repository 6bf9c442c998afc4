// `npm run pictures`: the README's pictures, taken from the running product.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "./chromium.ts";
import { takeLookPictures } from "./look-pictures.ts";
import { freePortPair, ready, startDemo } from "../flow/demo-process.ts";

const folder = await mkdtemp(join(tmpdir(), "maily-pictures-"));
const demo = startDemo(await freePortPair(), folder);
await ready(demo);
const browser = await launchBrowser();
const desk = { viewport: { width: 1200, height: 800 } };
const phone = { viewport: { width: 390, height: 800 }, deviceScaleFactor: 2 };

const inbox = await browser.newPage(desk);
await inbox.goto(demo.origin, { waitUntil: "networkidle" });
await inbox.screenshot({ path: "docs/inbox.png" });

const state = (await (await fetch(`${demo.origin}/demo/state.json`)).json()) as {
  readers: { link: string }[];
};
const [first] = state.readers;
const page = await browser.newPage(phone);
await page.goto(`${first?.link}.0.1`);
await page.getByRole("radio", { name: "Filter" }).waitFor();
await page.waitForTimeout(600);
await page.screenshot({ path: "docs/page.png" });
for (let step = 0; step < 12; step++) {
  const button = page.getByRole("button", {
    name: /^(Continue|Review answers|Check|Agree and send|Send)/,
  });
  if ((await button.count()) === 0) break;
  const choice = page.getByRole("checkbox", { name: "Fruity and bright" });
  if ((await choice.count()) > 0) await choice.check({ force: true });
  const score = page.getByRole("radio", { name: "9", exact: true });
  if ((await score.count()) > 0) await score.check({ force: true });
  await button.first().click();
  await page.waitForTimeout(1000);
}
await page.getByRole("heading", { name: "Here is your match" }).waitFor();
await page.screenshot({ path: "docs/receipt.png" });

const results = await browser.newPage(desk);
await results.goto(`${demo.origin}/results/eu`, { waitUntil: "load" });
await results.waitForTimeout(600);
await results.screenshot({ path: "docs/results.png" });

await takeLookPictures(browser);
await browser.close();
demo.process.kill("SIGTERM");
await demo.ended;
await rm(folder, { recursive: true, force: true });
