// A mail goes out over SMTP into a real inbox (MailDev), is opened there in Chromium, and answered from there.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import type { Browser } from "playwright-core";
import PostalMime from "postal-mime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts, resultsWith } from "../flow/product.ts";
import { sharedBrowser, sharedProduct } from "./shared.ts";
import { mainButton } from "./reader.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const maily = join(root, "cli/maily.js");
const run = promisify(execFile);

const product = sharedProduct();
let browser: Browser;
let inbox: ChildProcess;
let folder = "";
let smtp = "";
let web = "";
let dkimRecord = "";

/** A command of `maily`; rejects where it fails. Its standard output. */
const command = async (words: readonly string[]): Promise<string> =>
  (
    await run(process.execPath, [maily, ...words], {
      cwd: folder,
      env: { ...process.env, MAILY_SMTP: smtp },
    })
  ).stdout.trim();

interface Received {
  readonly id: string;
  readonly to: { address: string }[];
}

const received = async (): Promise<Received[]> =>
  (await (await fetch(`${web}/email`)).json()) as Received[];

/** Each once, in the order of the alphabet. */
const addressesOf = (mails: readonly Received[]): string[] =>
  [...new Set(mails.map(({ to }) => to[0]?.address ?? ""))].toSorted((a, b) => a.localeCompare(b));

const topics = join(root, "demo/widgets/topics.yaml");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-inbox-"));
  const [smtpPort = 0, webPort = 0] = await freePorts(2);
  smtp = `smtp://127.0.0.1:${smtpPort}`;
  web = `http://127.0.0.1:${webPort}`;
  const manifest = createRequire(import.meta.url).resolve("maildev/package.json");
  inbox = spawn(
    process.execPath,
    [join(dirname(manifest), "bin/maildev"), "--ip", "127.0.0.1"].concat([
      "--smtp",
      String(smtpPort),
      "--web",
      String(webPort),
    ]),
    { stdio: "ignore" },
  );
  browser = await sharedBrowser();
  const deadline = Date.now() + 30_000;
  while ((await received().catch(() => undefined)) === undefined && Date.now() < deadline)
    await sleep(50);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(
    join(folder, "dkim.pem"),
    privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
  dkimRecord = `v=DKIM1; k=rsa; p=${publicKey.export({ type: "spki", format: "der" }).toString("base64")}`;
});
afterAll(async () => {
  await browser.close();
  inbox.kill();
  await rm(folder, { recursive: true, force: true });
});

test("a campaign is published, compiled and sent by the commands, and answered from the inbox", async () => {
  const { edge, servers } = product.running;
  const keys = join(product.folder, "keys");
  const common = ["--edge", edge, "--keys", keys];
  const campaign = await command([
    "publish",
    topics,
    ...common,
    "--regions",
    "eu,us,apac",
    "--closes",
    "2099-01-01",
    "--senders",
    "letters@orchard.example",
  ]);
  const newsletter = join(root, "demo/templates/newsletter.mjml");
  await command([
    "compile",
    topics,
    "--edge",
    edge,
    "--campaign",
    campaign,
    "--template",
    newsletter,
    "--out",
    "mail",
  ]);
  const people = ["ann@example.org,eu,en", "bo@example.org,us,es", "cy@example.org,apac,en"];
  await writeFile(
    join(folder, "readers.csv"),
    `email,region,language,id\n${people.map((line, id) => `${line},${id}\n`).join("")}`,
  );
  const send = (): Promise<string> =>
    command([
      "send",
      ...common,
      "--campaign",
      campaign,
      "--readers",
      "readers.csv",
      "--plan",
      "mail/mail.plan.json",
      "--from",
      "The Daily Orchard <letters@orchard.example>",
      "--rate",
      "100",
      "--dkim",
      "dkim.pem",
      "--dkim-selector",
      "s1",
      ...Object.values(servers).flatMap((server) => ["--server", server]),
    ]);
  await send();
  // Again, as after a crash: nobody gets it twice.
  await send();
  const mails = await received();
  expect(mails).toHaveLength(3);
  expect(addressesOf(mails)).toEqual(["ann@example.org", "bo@example.org", "cy@example.org"]);

  const first = mails.find(({ to }) => to[0]?.address === "ann@example.org");
  const raw = await (await fetch(`${web}/email/${first?.id}/source`)).text();
  const types = [...raw.matchAll(/^Content-Type: (text\/[\w-]+)/gim)].map(([, type]) => type);
  expect(types).toEqual(["text/plain", "text/x-amp-html", "text/html"]);
  // An independent verifier, which asks for the key as it would ask the domain's DNS.
  const { results } = await dkimVerify(raw, {
    resolver: (name: string) =>
      Promise.resolve(name === "s1._domainkey.orchard.example" ? [[dkimRecord]] : []),
  });
  expect(results[0]?.status.result).toBe("pass");
  expect(results[0]?.signingHeaders?.keys.toLowerCase()).toContain("list-unsubscribe-post");
  const parsed = await PostalMime.parse(raw);
  expect(parsed.subject).toBe("Make this newsletter yours");

  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const reading = await context.newPage();
  await reading.goto(`${web}/#/email/${first?.id}`);
  const [page] = await Promise.all([
    context.waitForEvent("page"),
    reading.frameLocator("iframe.panel-html").getByRole("link", { name: "Recipes" }).click(),
  ]);
  await page.waitForLoadState();
  expect(page.url()).not.toContain("#");
  expect(await page.getByRole("checkbox", { name: "Recipes" }).isChecked()).toBe(true);
  await page.getByLabel("How often?").selectOption({ label: "Every week" });
  await page.waitForTimeout(1_000);
  await mainButton(page).click();
  await page.locator(".receipt").waitFor();
  const counted = await resultsWith(product, "eu", campaign, 1);
  expect(counted.questions[0]?.options?.find(({ id }) => id === "recipes")?.count).toBe(1);
  await context.close();

  // One click on what the header says, as a mailbox provider does it; the next mail leaves that reader out.
  const [, address = ""] =
    /^List-Unsubscribe: <([^>]+)>/im.exec(raw.replaceAll(/\r\n\s+/g, " ")) ?? [];
  const click = await fetch(address.replaceAll(" ", ""), {
    method: "POST",
    body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
  });
  expect(click.status).toBe(200);
  await expect
    .poll(
      async () =>
        (
          await fetch(`${servers.eu}/v1/campaigns/${campaign}/unsubscribed`, {
            headers: { authorization: `Bearer ${product.keys.tenant.token}` },
          })
        ).text(),
      { timeout: 20_000 },
    )
    .toContain('"reader"');
  await rm(join(keys, `send-${campaign}.journal`));
  await send();
  const more = (await received()).slice(mails.length);
  expect(more).toHaveLength(2);
  expect(addressesOf(more)).toEqual(["bo@example.org", "cy@example.org"]);
  expect(await readFile(join(keys, `send-${campaign}.journal`), "utf8")).not.toContain("@");
});
