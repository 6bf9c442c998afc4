// One place starts Chromium: for the suites, the pictures and the benchmarks.
import { chromium, type Browser, type LaunchOptions } from "playwright-core";

type Wishes = Pick<LaunchOptions, "args" | "ignoreDefaultArgs">;

/** `ignoreDefaultArgs`: what Playwright switches off and a test needs; `args`: what a test adds. */
export const launchOptions = ({ args = [], ...options }: Wishes = {}): LaunchOptions => ({
  ...options,
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    ...args,
  ],
});

export const launchBrowser = (wishes?: Wishes): Promise<Browser> =>
  chromium.launch(launchOptions(wishes));
