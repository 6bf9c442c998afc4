// A visitor's whole way: the site's rule and the visitor's country, then the region's warehouse, and no other's.
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { embedLines } from "../../cli/embed-lines.ts";
import { readPictured } from "../../cli/images.ts";
import { fetchManifest, publish } from "../../cli/publish.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { Visit } from "../../sdk/schema/site.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import {
  post,
  resultsOf,
  resultsWith,
  startProduct,
  submissionOf,
  yearMilliseconds,
  type Product,
} from "./product.ts";

const site = "https://shop.example";

const yaml = `
maily: 1
title: Tea or coffee
languages: [en]
questions:
  - id: drink
    kind: single-choice
    text: Which?
    image: { source: ./cup.png, alt: A cup }
    options:
      - { id: tea, text: Tea }
      - { id: coffee, text: Coffee }
notice:
  version: 1
  controller: { name: Test Tea, contact: privacy@tea.example }
  retentionDays: 30
  text: We count.
  purposes: [{ id: results, text: Count answers, required: true }]
site:
  origins: [${site}]
  region: { byCountry: { DE: eu, US: us, JP: apac } }
`;

/** A chunk of PNG (W3C PNG §5.3); its checksum is not looked at here. */
const chunk = (type: string, data: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
};

function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc((width + 1) * height));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", new Uint8Array()),
  ]);
}

let product: Product;
let manifest: Manifest;
let folder = "";
beforeAll(async () => {
  product = await startProduct();
  folder = await mkdtemp(join(tmpdir(), "maily-visit-"));
  await writeFile(join(folder, "widget.yaml"), yaml);
  await writeFile(join(folder, "cup.png"), pngOf(40, 30));
  manifest = await publishSite();
}, 180_000);
afterAll(async () => {
  await product.stop();
  await rm(folder, { recursive: true, force: true });
});

async function publishSite(id?: string): Promise<Manifest> {
  const { campaign } = await publish(
    product.running.edge,
    {
      ...(await readPictured(join(folder, "widget.yaml"))),
      id,
      regions,
      opensAt: manifest?.opensAt ?? new Date(Date.now() - 60_000).toISOString(),
      closesAt: manifest?.closesAt ?? new Date(Date.now() + yearMilliseconds).toISOString(),
    },
    product.keys.tenant,
  );
  const found = await fetchManifest(product.running.edge, campaign.id);
  if (found === undefined) throw new Error("published, but not there");
  return found;
}

const ask = (country: string, from = site): Promise<Response> =>
  fetch(`${product.running.edge}/v1/visits`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      origin: from,
      "x-visitor-country": country,
    },
    body: JSON.stringify({ campaign: manifest.id, embedKey: manifest.site?.embedKey }),
  });

const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { code?: unknown }).code; // A problem document.

test("a visitor's answer is in the results of the region that the country gives, and in no other's", async () => {
  const countries: readonly [string, Region][] = [
    ["DE", "eu"],
    ["US", "us"],
    ["JP", "apac"],
  ];
  for (const [country, region] of countries) {
    const asked = await ask(country);
    expect(asked.headers.get("access-control-allow-origin")).toBe(site);
    const { invitation } = Visit.parse(await asked.json());
    const submission = await submissionOf(manifest, invitation, { drink: "tea" });
    const response = await post(product, submission, { origin: site });
    expect(response.status, await response.text()).toBe(202);
    await resultsWith(product, region, manifest.id, 1);
  }
  for (const region of regions)
    expect((await resultsOf(product, region, manifest.id)).submissions).toBe(1);
});

test("no country of the rule, or no page of the site: nothing is given, and so nothing recorded", async () => {
  expect(await codeOf(await ask("FR"))).toBe("region-undecided");
  expect(await codeOf(await ask("DE", "https://evil.example"))).toBe("origin-unknown");
});

test("what the widget shows is there for page and mail, and publishing again changes neither it nor the embed key", async () => {
  const [question] = manifest.definition.questions;
  expect(question?.image).toMatchObject({ width: 40, height: 30, alt: "A cup" });
  const response = await fetch(`${product.running.edge}/images/${question?.image?.source}`);
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer())).toEqual(pngOf(40, 30));
  const again = await publishSite(manifest.id);
  expect(again.revision).toBe(manifest.revision);
  await writeFile(join(folder, "widget.yaml"), yaml.replace("[https", "[https://a.example, https"));
  const changed = await publishSite(manifest.id);
  expect(changed.revision).toBe(manifest.revision + 1);
  expect(changed.site?.embedKey).toBe(manifest.site?.embedKey);
});

test("what is published says what to paste, with a loader whose bytes are pinned", async () => {
  const { edge } = product.running;
  const lines = (await embedLines(edge, manifest)).join("\n");
  expect(lines).toContain(`campaign="${manifest.id}"`);
  expect(lines).toContain(`embed-key="${manifest.site?.embedKey}"`);
  const [, address = "", integrity] =
    /src="([^"]+)" integrity="sha384-([^"]+)" crossorigin/.exec(lines) ?? [];
  const response = await fetch(address, { headers: { origin: site } });
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("cache-control")).toContain("immutable");
  const digest = createHash("sha384").update(Buffer.from(await response.arrayBuffer()));
  expect(digest.digest("base64")).toBe(integrity);
});

test("the frame is for the campaign's sites alone", async () => {
  const response = await fetch(`${product.running.edge}/e/${manifest.id}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-security-policy")).toContain(`frame-ancestors`);
  expect(response.headers.get("content-security-policy")).toContain(site);
});

test("the warehouse keeps that it was a visit", async () => {
  await product.running.stop();
  const warehouse = await Warehouse.open(join(product.folder, "eu", "warehouse.duckdb"));
  const channels = await warehouse.read(async (connection) =>
    (await connection.runAndReadAll("SELECT channel FROM submissions")).getRows(),
  );
  await warehouse.close();
  expect(channels).toEqual([["site"]]);
});
