// What sites install: built, bundled as a site would, and run on a page of another origin in front of the real edge.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { compile } from "svelte/compiler";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage } from "../../widget/embed/build-package.ts";
import { invite, resultsWith } from "../flow/product.ts";
import { embeddingSite, embedKeyOf, inside, visit, type Visitor } from "./embedding-site.ts";
import { secret } from "./short-visit.ts";

const site = embeddingSite();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-package-"));
  await buildPackage(folder, false);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `import App from "app.svelte"` is this component. */
const svelteApp = (source: string): Plugin => ({
  name: "svelte",
  setup(bundling) {
    bundling.onResolve({ filter: /^app\.svelte$/ }, ({ path }) => ({ path, namespace: "svelte" }));
    bundling.onLoad({ filter: /./, namespace: "svelte" }, () => ({
      contents: compile(source, { filename: "app.svelte", generate: "client" }).js.code,
      resolveDir: process.cwd(),
    }));
  },
});

/** One script of `code`, which imports the package by its name. */
async function bundled(code: string, plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: "tsx" },
    alias: { maily: join(folder, "index.js"), "maily/headless": join(folder, "headless.js") },
    bundle: true,
    plugins,
    conditions: ["browser"],
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

/** A page of the site that runs `code`. */
async function run(code: string, origin = site.origin, plugins: Plugin[] = []): Promise<Visitor> {
  const script = site.serve({
    html: await bundled(code, plugins),
    headers: { "content-type": "text/javascript" },
  });
  const html = `<!doctype html><html lang="en"><title>Shop</title><body><div id="here"></div><script type="module" src="${new URL(script).pathname}"></script>`;
  return visit(site.browser, site.serve({ html }).replace(site.origin, origin));
}

const settings = (more: object = {}): string => {
  const { edge } = site.product.running;
  const { campaign } = site;
  return JSON.stringify({ edge, campaign: campaign.id, embedKey: embedKeyOf(campaign), ...more });
};

const rootKey = (): string => site.product.keys.deployment.directory.root;

const resultOf = async (visitor: Visitor): Promise<unknown> => {
  const handle = await visitor.page.waitForFunction(() => Reflect.get(globalThis, "result"));
  return handle.jsonValue();
};

test("the module mounts a widget", async () => {
  const { page, errors, close } = await run(
    `import { mount } from "maily"; mount("#here", ${settings()});`,
  );
  await inside(page).getByLabel("Filter").check();
  expect(errors).toEqual([]);
  await close();
});

test("the README's example runs, with its placeholders filled", async () => {
  const readme = await readFile("README.md", "utf8");
  const [, example = ""] = /^```html\n([^]*?)^```/m.exec(readme) ?? [];
  expect(example.trim().split("\n").length).toBeLessThanOrEqual(10);
  const filled = example
    .replace("https://ask.example.org", site.product.running.edge)
    .replace(/campaign="[^"]*"/, `campaign="${site.campaign.id}"`)
    .replace(/embed-key="[^"]*"/, `embed-key="${embedKeyOf(site.campaign)}"`);
  const html = `<!doctype html><html lang="en"><title>Shop</title><body>${filled}`;
  const { page, errors, close } = await visit(site.browser, site.serve({ html }));
  await page.getByRole("button", { name: "What shall we cook?" }).click();
  await inside(page).getByLabel("Filter").check();
  expect(errors).toEqual([]);
  await close();
});

test("the module is imported where there is no browser, and shows nothing", async () => {
  const module: unknown = await import(join(folder, "index.js"));
  expect(Object.keys(module as object).sort()).toEqual(["MailyWidget", "mount", "open"]);
});

test("a site that draws its own asks, checks, seals and sends by the headless client", async () => {
  const visitor = await run(`
    import { headless, Refusal } from "maily/headless";
    const refused = (promise) => promise.then(() => "taken", (error) => error instanceof Refusal ? error.code : String(error));
    const client = await headless(${settings({ rootKey: rootKey() })});
    const answers = { brew: "filter", wish: ${JSON.stringify(secret)} };
    const needed = client.purposes.filter(({ required }) => required).map(({ id }) => id);
    const submission = await client.seal(answers, needed);
    const [first, second] = [await client.send(submission), await client.send(submission)];
    globalThis.result = {
      asked: client.questions({}).map(({ id }) => id),
      faults: [...client.faults({ wish: "" }).entries()],
      region: client.region,
      without: await refused(client.seal(answers, [])),
      unfit: await refused(client.seal({ brew: "mud" }, needed)),
      same: first.receipt === second.receipt,
      said: JSON.stringify(submission).includes(${JSON.stringify(secret)}),
    };`);
  expect(await resultOf(visitor)).toEqual({
    asked: ["brew", "wish"],
    faults: [
      ["brew", "missing"],
      ["wish", "wrong-type"],
    ],
    region: "eu",
    without: "consent-missing",
    unfit: "answer-invalid",
    same: true,
    said: false,
  });
  expect(visitor.errors).toEqual([]);
  const { answers } = await resultsWith(site.product, "eu", site.campaign.id, 1);
  expect(answers).toBe(1);
  await visitor.close();
});

const opening = (more: object): string => `
  import { headless } from "maily/headless";
  globalThis.result = await headless(${settings(more)}).then(() => "open", ({ code }) => code);`;

test("another site's headless client gets no visit, and a key of another root seals nothing", async () => {
  const stranger = await run(
    opening({ rootKey: rootKey() }),
    site.origin.replace("localhost", "127.0.0.1"),
  );
  // It may not even read why.
  expect(await resultOf(stranger)).toBe("away");
  await stranger.close();
  const { invitation } = await invite(site.product, site.campaign, "us", "known@example.org");
  const other = await run(opening({ rootKey: "A".repeat(43), invitation }));
  expect(await resultOf(other)).toBe("keys");
  await other.close();
});

/** The element as each framework writes it: shown, heard, and gone with its component. */
const frameworks: Readonly<Record<string, () => readonly [code: string, plugins?: Plugin[]]>> = {
  React: () => [
    `import "maily"; import { StrictMode, useState } from "react"; import { createRoot } from "react-dom/client";
     const { edge, campaign, embedKey } = ${settings()};
     function App() {
       const [title, setTitle] = useState("");
       return <StrictMode><p id="title">{title}</p>
         {title !== "gone" && <maily-widget campaign={campaign} options={{ edge, embedKey }} onready={({ detail }) => setTitle(detail.title)} />}
         <button onClick={() => setTitle("gone")}>Away</button></StrictMode>;
     }
     createRoot(document.querySelector("#here")).render(<App />);`,
  ],
  Vue: () => [
    `import "maily"; import { createApp, h, ref } from "vue/dist/vue.runtime.esm-bundler.js";
     const { edge, campaign, embedKey } = ${settings()};
     createApp({ setup() {
       const title = ref("");
       return () => [h("p", { id: "title" }, title.value),
         title.value === "gone" ? null : h("maily-widget", { campaign, "embed-key": embedKey, edge, onReady: ({ detail }) => { title.value = detail.title; } }),
         h("button", { onClick: () => { title.value = "gone"; } }, "Away")];
     } }).mount("#here");`,
  ],
  Svelte: () => [
    `import "maily"; import { mount } from "svelte"; import App from "app.svelte";
     mount(App, { target: document.querySelector("#here"), props: ${settings()} });`,
    [
      svelteApp(
        `<script>let { edge, campaign, embedKey } = $props(); let title = $state("");</script>
         <p id="title">{title}</p>
         {#if title !== "gone"}<maily-widget {campaign} {edge} embed-key={embedKey} onready={({ detail }) => (title = detail.title)}></maily-widget>{/if}
         <button onclick={() => (title = "gone")}>Away</button>`,
      ),
    ],
  ],
};
for (const [name, app] of Object.entries(frameworks))
  test(`${name} writes the element as it is, hears it, and takes it away`, async () => {
    const [code, plugins] = app();
    const { page, errors, close } = await run(code, site.origin, plugins);
    await inside(page).getByLabel("Filter").check();
    await expect.poll(() => page.locator("#title").innerText()).not.toBe("");
    expect(await page.locator("maily-widget").count()).toBe(1);
    // By key: the frame above grows as it likes, and moves the button from under a pointer.
    await page.getByRole("button", { name: "Away" }).press("Enter");
    await expect.poll(() => page.locator("maily-widget").count()).toBe(0);
    expect(errors).toEqual([]);
    await close();
  });
