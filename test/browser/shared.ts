// What the suite's own setup (global-setup.ts) started for all its files.
import { chromium, type Browser } from "playwright-core";
import { inject } from "vitest";
import type { Deployed } from "../flow/product.ts";

/** The suite's product. A test that stops its processes, changes its files or counts all it took starts its own. */
export const sharedProduct = (): Deployed => inject("product");

/** The suite's Chromium; `close` ends what this file opened in it, and nothing else. */
export const sharedBrowser = (): Promise<Browser> => chromium.connect(inject("chromium"));
