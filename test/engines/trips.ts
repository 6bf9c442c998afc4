// What a reader does with the product, in whichever engine: from the mail to the receipt, and back.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pairMilliseconds } from "../../sdk/haste.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Results } from "../../sdk/schema/results.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { short } from "../browser/short-visit.ts";
import { resultsOf, resultsWith } from "../flow/product.ts";
import { byHand, furtherByHand } from "./by-hand.ts";
import type { Sealing } from "../browser/seal-entry.ts";
import { ourAnswers, seamLines } from "../peers/seam-lines.ts";
import { place, type Place } from "./place.ts";
import { sealingPage, type SealingPage } from "./sealing.ts";
import { seen, until, type Engine, type Tab, type Visitor } from "./tab.ts";

const main = { css: "button.main" } as const;
const receipt = { css: ".receipt" } as const;
const button = (text: string) => ({ css: "button", text }) as const;

/** As a person does who has read what the button says. */
async function pressToSend(tab: Tab): Promise<void> {
  await seen(tab, main);
  await sleep(dwellMilliseconds);
  await tab.click(main);
}

const countOf = ({ questions }: Results, id: string, option: string): number | undefined =>
  questions.find((question) => question.id === id)?.options?.find((each) => each.id === option)
    ?.count;

/** Names of what this origin keeps on the device. */
const kept = (tab: Tab): Promise<string[]> =>
  tab.run(async () => {
    const names = Object.keys(localStorage);
    for (const { name = "" } of await indexedDB.databases()) {
      const opening = indexedDB.open(name);
      await new Promise((resolve) => opening.addEventListener("success", resolve));
      for (const store of opening.result.objectStoreNames) {
        const all = opening.result.transaction(store).objectStore(store).getAllKeys();
        await new Promise((resolve) => all.addEventListener("success", resolve));
        names.push(...all.result.map(String));
      }
      opening.result.close();
    }
    return names;
  });

const answersNow = (at: Place, campaign: Manifest): Promise<Results> =>
  resultsOf(at.product, "eu", campaign.id);

/** All tests of an engine. Fails where the engine is not installed. */
export function trips(start: () => Promise<Engine>): void {
  let at: Place;
  let engine: Engine;
  let sealingAt: SealingPage;
  beforeAll(async () => {
    [at, engine, sealingAt] = await Promise.all([place(), start(), sealingPage()]);
  });
  afterAll(async () => {
    await engine.stop();
    await at.stop();
    sealingAt.stop();
  });

  /** A visit, which must not have erred. */
  const visit = (name: string, act: (visitor: Visitor) => Promise<void>): void =>
    test(name, async () => {
      const visitor = await engine.visitor();
      try {
        await act(visitor);
        expect(await visitor.faults(), engine.version).toEqual([]);
      } finally {
        await visitor.leave();
      }
    });

  visit(
    "from the mail through every basic kind to the receipt, and the region counts it",
    async (tab) => {
      const campaign = await at.publish(allKinds);
      await tab.goTo(await at.mailOf(campaign));
      await tab.run(() => {
        // Another window would be another visitor's to a driver.
        for (const link of document.querySelectorAll("a")) link.removeAttribute("target");
      });
      await tab.click({ css: "a", text: "Filter" });
      await seen(tab, { css: "#brew-question" });
      expect(await tab.run(() => location.hash + location.search)).not.toMatch(/[\w-]{100}/);
      expect(await tab.run(() => document.querySelectorAll("input:checked").length)).toBe(1);
      for (const [id, act] of Object.entries(byHand)) {
        await seen(tab, { css: `#${id}-question` });
        await act(tab);
        await tab.click(main);
      }
      await seen(tab, { css: ".review" });
      await tab.click({ css: ".notice .option" });
      await pressToSend(tab);
      await seen(tab, receipt);
      await seen(tab, { css: ".outcome", text: "Yirgacheffe" });
      const results = await resultsWith(at.product, "eu", campaign.id, 1);
      expect(results.questions.map(({ answered }) => answered)).toEqual(
        allKinds.questions.map(() => 1),
      );
      expect(countOf(results, "brew", "filter")).toBe(1);
      expect(countOf(results, "grind", "fine")).toBe(1);
      const mean = (id: string) => results.questions.find((each) => each.id === id)?.numbers?.mean;
      expect([mean("service"), mean("recommend"), mean("cups")]).toEqual([4, 9, 3]);
      await until("nothing kept", async () => (await kept(tab)).length === 0);
    },
  );

  visit("the further kinds, all on one page", async (tab) => {
    const campaign = await at.publish({ ...furtherKinds, layout: "all", review: false });
    await tab.goTo(await at.linkTo(campaign));
    for (const act of furtherByHand) await act(tab);
    await pressToSend(tab);
    await seen(tab, receipt);
    const results = await resultsWith(at.product, "eu", campaign.id, 1);
    expect(results.questions.map(({ id, answered }) => `${id} ${answered}`)).toEqual(
      furtherKinds.questions.map(({ id }) => `${id} 1`),
    );
    expect(countOf(results, "country", "JP")).toBe(1);
    expect(results.calculated?.[0]?.mean).toBe(260);
  });

  visit("an answer is changed, then withdrawn, each with its receipt", async (tab) => {
    const campaign = await at.publish(short);
    await tab.goTo(await at.linkTo(campaign));
    await tab.click({ css: ".option", text: "Filter" });
    await pressToSend(tab);
    await seen(tab, receipt);
    await resultsWith(at.product, "eu", campaign.id, 1);
    await tab.click(button("Change my answer"));
    await tab.click({ css: ".option", text: "Espresso" });
    // Sooner than this another answer would be held.
    await sleep(pairMilliseconds);
    await pressToSend(tab);
    await seen(tab, receipt);
    await until(
      "the change",
      async () => countOf(await answersNow(at, campaign), "brew", "espresso") === 1,
    );
    expect((await answersNow(at, campaign)).answers).toBe(1);
    await tab.click(button("Withdraw my consent"));
    await pressToSend(tab);
    await seen(tab, { css: "h1", text: "Consent withdrawn" });
    await seen(tab, receipt);
    await resultsWith(at.product, "eu", campaign.id, 0);
  });

  visit(
    "a visit is broken off, kept under a key of the browser's, and gone on with",
    async (tab) => {
      const link = await at.linkTo(await at.publish(short));
      await tab.goTo(link);
      await tab.type({ css: "textarea" }, "Quinces");
      await tab.click(button("Continue later on this device"));
      await seen(tab, { css: "*", text: "kept in this browser, encrypted, until" });
      expect(await kept(tab)).not.toEqual([]);
      await tab.goTo("about:blank");
      await tab.goTo(link);
      await tab.click(button("Go on"));
      await seen(tab, { css: "textarea" });
      expect(await tab.run(() => document.querySelector("textarea")?.value)).toBe("Quinces");
      await tab.click({ css: ".option", text: "Filter" });
      await pressToSend(tab);
      await seen(tab, receipt);
      await until("nothing kept", async () => (await kept(tab)).length === 0);
    },
  );

  visit(
    "right to left, everything is on its other side, and nothing scrolls sideways",
    async (tab) => {
      await tab.goTo(await at.linkTo(await at.publish({ ...allKinds, layout: "all" }), "ar"));
      await seen(tab, { css: "#brew-question" });
      const { direction, mirrored, sideways } = await tab.run(() => {
        const option = document.querySelector(".option");
        const [box, label] = [option?.querySelector("input"), option?.querySelector("span")];
        return {
          direction: document.documentElement.dir,
          mirrored: (box?.getBoundingClientRect().x ?? 0) > (label?.getBoundingClientRect().x ?? 0),
          sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        };
      });
      expect({ direction, mirrored, sideways }).toEqual({
        direction: "rtl",
        mirrored: true,
        sideways: 0,
      });
    },
  );

  visit("a widget embedded in a site's page is answered, and the site hears that", async (tab) => {
    const campaign = await at.publish(short);
    await tab.goTo(at.siteWith(campaign));
    await tab.run(() => {
      const heard: string[] = [];
      for (const type of ["answer", "submit", "error", "refuse"])
        document.addEventListener(type, () => heard.push(type), true);
      Object.assign(globalThis, { heard });
    });
    const frame = await tab.inWidget();
    await frame.click({ css: ".option", text: "Filter" });
    await pressToSend(frame);
    await seen(frame, receipt);
    await until("the site to hear it", () =>
      tab.run(() => String(Reflect.get(globalThis, "heard")) === "answer,submit"),
    );
    await resultsWith(at.product, "eu", campaign.id, 1);
  });

  // No engine of today needs what we carry for older ones: X25519 is WebCrypto's, and WebAssembly has vectors.
  for (const [policy, aead] of [
    ["ours", "wasm-simd"],
    ["withoutWasm", "webcrypto"],
  ] as const)
    test(`what it seals under the policy "${policy}" opens, by ${aead}`, async () => {
      const visitor = await engine.visitor();
      await visitor.goTo(sealingAt.under(policy));
      await until("the entry", () => visitor.run(() => "sealing" in globalThis));
      for (const line of seamLines(3)) {
        const sealed = await visitor.run(
          (to) => (globalThis as unknown as { sealing: Sealing }).sealing.seal(to), // seal-entry.ts put it there.
          line,
        );
        expect(sealed.aead).toBe(aead);
        expect(await ourAnswers("open", [{ ...line, ...sealed }])).toEqual([
          { payload: line.payload },
        ]);
      }
      const fetched = await visitor.run(() =>
        performance.getEntriesByType("resource").map(({ name }) => name),
      );
      expect(fetched.filter((name) => /curve25519|aes-gcm/.test(name))).toEqual([]);
      await visitor.leave();
    });
}
