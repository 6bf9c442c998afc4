// One product and one Chromium for all files of a suite: what tests share is told apart by campaign and reader.
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { startProduct, type Deployed } from "../flow/product.ts";
import { launchOptions } from "./chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    product: Deployed;
    /** Where Playwright finds Chromium. */
    chromium: string;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const browser = await chromium.launchServer(launchOptions());
  const product = await startProduct().catch(async (error: unknown) => {
    await browser.close();
    throw error;
  });
  const { folder, keys, running } = product;
  const { edge, servers } = running;
  project.provide("product", { folder, keys, running: { edge, servers } });
  project.provide("chromium", browser.wsEndpoint());
  return async () => {
    await browser.close();
    await product.stop();
  };
}
