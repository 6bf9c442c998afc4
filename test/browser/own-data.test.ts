// What a reader takes along and takes away, on the preference page in real Chromium.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { publishWidget, resultsWith } from "../flow/product.ts";
import { headed, postsTo, preferenceStage, press, widget } from "./preference-visit.ts";
import { arrive, desk, expectAccessible, pressToSend } from "./reader.ts";
import { answer, secret } from "./short-visit.ts";

const at = preferenceStage();

test("what was answered is shown, taken along as a file, and gone after erasure", async () => {
  const fresh = await publishWidget(at.product, widget);
  const { link, preferences } = await at.invited(fresh);
  const answering = await arrive(at.browser, link);
  await answer(answering.page);
  await pressToSend(answering.page);
  await answering.page.locator(".receipt").waitFor();
  await answering.leave();
  await resultsWith(at.product, "eu", fresh.id, 1);

  const reader = await arrive(at.browser, preferences, { acceptDownloads: true, viewport: desk });
  const { page } = reader;
  await press(page, "Show my data");
  await page.locator(".copy").waitFor();
  const text = await page.locator(".copy").innerText();
  for (const part of ["Answers", "Counts", "Filter", secret]) expect(text).toContain(part);
  await expectAccessible(page, "a copy with an answer");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download as a file" }).click(),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "maily-own-data-"));
  const saved = join(folder, "copy.json");
  await download.saveAs(saved);
  const file = JSON.parse(await readFile(saved, "utf8")) as {
    campaign: string;
    answers: readonly unknown[];
  };
  await rm(folder, { recursive: true });
  expect(file.campaign).toBe(fresh.id);
  expect(file.answers).toHaveLength(1);
  const [asked] = postsTo(reader, "/v1/my-data");
  const response = await asked?.response();
  expect(await response?.text()).not.toContain(secret);

  await press(page, "Erase my data");
  expect(reader.posts).toHaveLength(1);
  await press(page, "Cancel");
  await press(page, "Erase my data");
  await press(page, "Erase for good");
  await headed(page, "Your data is being erased");
  await resultsWith(at.product, "eu", fresh.id, 0);
  await press(page, "Show my data");
  await page.locator(".copy").waitFor();
  expect(await page.locator(".copy").innerText()).not.toContain(secret);
  await reader.leave();
});

test("consent is withdrawn after it was asked for twice, with a receipt to keep", async () => {
  const fresh = await publishWidget(at.product, widget);
  const { link, preferences } = await at.invited(fresh);
  const answering = await arrive(at.browser, link);
  await answer(answering.page);
  await pressToSend(answering.page);
  await answering.page.locator(".receipt").waitFor();
  await answering.leave();
  await resultsWith(at.product, "eu", fresh.id, 1);
  const { page, leave } = await arrive(at.browser, preferences, { acceptDownloads: true });
  await press(page, "Withdraw my consent");
  await press(page, "Withdraw");
  await headed(page, "Consent withdrawn");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download receipt" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^receipt-[\w-]{8}\.jws$/);
  await resultsWith(at.product, "eu", fresh.id, 0);
  await leave();
});

test("a browser without curves of its own opens the copy all the same", async () => {
  const { page, leave } = await arrive(
    at.browser,
    (await at.invited()).preferences,
    {},
    (prepared) =>
      prepared.addInitScript(() => {
        Reflect.deleteProperty(SubtleCrypto.prototype, "encapsulateBits");
        for (const method of ["importKey", "generateKey"] as const) {
          const known = SubtleCrypto.prototype[method] as (...all: unknown[]) => Promise<unknown>;
          Object.defineProperty(SubtleCrypto.prototype, method, {
            value: function lackingCurves(this: SubtleCrypto, ...all: unknown[]) {
              return all.includes("X25519") || all.includes("Ed25519")
                ? Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"))
                : known.apply(this, all);
            },
          });
        }
      }),
  );
  await press(page, "Show my data");
  await page.getByText("Nothing is kept about you").waitFor();
  await press(page, "Save");
  await page.getByText("Saved, readable").waitFor();
  await leave();
});

test("a copy sealed to somebody else shows nothing", async () => {
  const other = await at.invited();
  const { page, leave } = await arrive(
    at.browser,
    (await at.invited()).preferences,
    {},
    (prepared) =>
      prepared.route("**/v1/my-data", async (route) => {
        const sent = route.request().postDataJSON() as { publicKey: string };
        const response = await fetch(`${at.product.running.edge}/v1/my-data`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...sent, invitation: other.invitation }),
        });
        await route.fulfill({ status: response.status, body: await response.text() });
      }),
  );
  await press(page, "Show my data");
  await page.getByRole("alert").getByText("did not go through").waitFor();
  expect(await page.locator(".copy").count()).toBe(0);
  await leave();
});
