// Pictures of widgets: whose operator may store which, who may show them, and what a campaign must not name.
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { picturesAtOnceMax } from "../../edge/read-body.ts";
import { imagesMax } from "../../edge/stored-images.ts";
import { concat, hex, utf8, type Bytes } from "../../sdk/bytes.ts";
import { sha256 } from "../../sdk/canonical.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import { imageTypes, type ImageType } from "../../sdk/image-type.ts";
import {
  bytesOf,
  campaignOf,
  publication,
  randomBytes,
  signCampaign,
} from "../edge-process/fixture.ts";
import { bindings, edge, eventually, expectProblem, request, tenant } from "./edge-under-test.ts";

const beginnings: Readonly<Record<ImageType, Bytes>> = {
  png: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  jpg: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
  gif: utf8("GIF89a"),
  webp: concat(utf8("RIFF"), Uint8Array.of(4, 0, 0, 0), utf8("WEBP")),
  avif: concat(Uint8Array.of(0, 0, 0, 0x1c), utf8("ftypavif")),
};
const types = Object.keys(beginnings) as ImageType[]; // Object.keys loses the literal keys.

const pictureOf = (type: ImageType, length = 64): Bytes => {
  const start = beginnings[type];
  // At most 65,536 random bytes are given at once.
  const drawn = randomBytes(16);
  return concat(start, drawn, new Uint8Array(length - start.length - drawn.length));
};

const nameOf = async (bytes: Bytes, type: ImageType): Promise<string> =>
  `${hex(await sha256(bytes))}.${type}`;

async function put(
  name: string,
  body: Bytes,
  { by = tenant, type = "image/png", now = Date.now() } = {},
): Promise<Response> {
  const path = `/admin/images/${name}`;
  const key = { alg: "ed25519", seed: bytesOf(by.operatorKey.seed) } as const;
  const signature = await signRequest(
    { method: "PUT", path, body },
    by.operatorKey.keyId,
    key,
    now,
  );
  return request(path, { method: "PUT", headers: { "content-type": type, ...signature }, body });
}

async function stored(type: ImageType = "png"): Promise<{ name: string; bytes: Bytes }> {
  const bytes = pictureOf(type);
  const name = await nameOf(bytes, type);
  expect((await put(name, bytes, { type: imageTypes[type] })).status).toBe(201);
  return { name, bytes };
}

test.each(types)("a %s is kept as it is, and any page may show it", async (type) => {
  const { name, bytes } = await stored(type);
  expect((await put(name, bytes)).status).toBe(200);
  const response = await request(`/images/${name}`);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  const { headers } = response;
  expect(headers.get("content-type")).toBe(imageTypes[type]);
  expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  expect(headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("what many look at is asked of its object once", async () => {
  const { name, bytes } = await stored();
  const store = bindings.CAMPAIGNS.getByName(
    `images-${Number.parseInt(name.slice(0, 2), 16) % 64}`,
  );
  const look = async () => new Uint8Array(await (await request(`/images/${name}`)).arrayBuffer());
  expect(await look()).toEqual(bytes);
  await runInDurableObject(store, (_, { storage }) => {
    storage.sql.exec("DELETE FROM images WHERE name = ?", name);
  });
  // The same bytes, as often as anybody asks: none is used up.
  for (const _ of [1, 2]) expect(await look()).toEqual(bytes);
});

test("the largest picture is kept, and one byte more is refused", async () => {
  const largest = pictureOf("jpg", 524_288);
  const name = await nameOf(largest, "jpg");
  expect((await put(name, largest)).status).toBe(201);
  expect((await (await request(`/images/${name}`)).arrayBuffer()).byteLength).toBe(524_288);
  const larger = pictureOf("jpg", 524_289);
  await expectProblem(await put(await nameOf(larger, "jpg"), larger), "body-too-large");
});

test("bytes that are not what their name says are refused", async () => {
  const png = pictureOf("png");
  const other = pictureOf("png");
  const svg = utf8("<svg onload='alert(1)'/>");
  for (const [name, bytes] of [
    [await nameOf(other, "png"), png],
    [await nameOf(png, "webp"), png],
    [await nameOf(svg, "png"), svg],
    [await nameOf(new Uint8Array(), "png"), new Uint8Array()],
    [(await nameOf(png, "png")).toUpperCase(), png],
    [`${hex(await sha256(svg))}.svg`, svg],
    ["none.png", png],
  ] as const)
    await expectProblem(await put(name, bytes), "image-invalid");
  const name = await nameOf(png, "png");
  await expectProblem(await put(name, png, { type: "text/html" }), "unsupported-media-type");
  await expectProblem(await request(`/images/${name}`), "not-found");
});

test("only an operator's signature over these very bytes stores a picture, once", async () => {
  const bytes = pictureOf("png");
  const name = await nameOf(bytes, "png");
  const path = `/admin/images/${name}`;
  const headers = { "content-type": "image/png" };
  await expectProblem(
    await request(path, { method: "PUT", headers, body: bytes }),
    "signature-missing",
  );
  await expectProblem(await put(name, bytes, { now: Date.now() - 301_000 }), "signature-stale");
  const forger = { ...tenant, operatorKey: { ...edge.other.operatorKey, keyId: "tenant-1-1" } };
  await expectProblem(await put(name, bytes, { by: forger }), "signature-invalid");
  const signature = await signRequest({ method: "PUT", path, body: bytes }, "tenant-1-1", {
    alg: "ed25519",
    seed: bytesOf(tenant.operatorKey.seed),
  });
  const init = { method: "PUT", headers: { ...headers, ...signature } };
  const body = pictureOf("png");
  await expectProblem(await request(path, { ...init, body }), "signature-invalid");
  expect((await request(path, { ...init, body: bytes })).status).toBe(201);
  await expectProblem(await request(path, { ...init, body: bytes }), "signature-stale");
});

test("pictures are read a few at once, whoever claims to send them", async () => {
  const bytes = pictureOf("png");
  const name = await nameOf(bytes, "png");
  const ends: (() => void)[] = [];
  const sent = Array.from({ length: picturesAtOnceMax }, () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void ends.push(() => controller.close()),
    });
    const headers = { "content-type": "image/png", signature: "x" };
    return request(`/admin/images/${name}`, { method: "PUT", headers, body });
  });
  try {
    // By and by each of them is being read.
    const full = await eventually(
      () => put(name, bytes, { by: edge.other }),
      ({ status }) => status === 429,
    );
    expect(full.headers.get("retry-after")).toBe("1");
    await expectProblem(full, "rate-limited");
  } finally {
    for (const end of ends) end();
  }
  // On a slow machine the first ones' time is up before the last one is there.
  for (const response of await Promise.all(sent)) expect([401, 408]).toContain(response.status);
  expect((await put(name, bytes)).status).toBe(201);
});

test("what is no picture's name is not found", async () => {
  for (const name of ["a".repeat(64), `${"a".repeat(64)}.png`, "x.png", `${"a".repeat(64)}.svg`])
    await expectProblem(await request(`/images/${name}`), "not-found");
});

const publishing = async (sources: readonly string[], by = tenant): Promise<Response> => {
  const campaign = await campaignOf(by);
  const [question] = campaign.definition.questions;
  const questions = sources.map((source, index) => ({
    ...question,
    id: `q${index}`,
    image: { source, alt: "", width: 10, height: 10 },
  }));
  const definition = { ...campaign.definition, questions };
  const { path, ...init } = await publication(
    await signCampaign({ ...campaign, definition }, by),
    by,
  );
  return request(path, init);
};

test("a campaign names pictures that its own tenant stored, and no others", async () => {
  const [first, second] = [await stored(), await stored("webp")];
  expect((await publishing([first.name, second.name, first.name])).status).toBe(201);
  const absent = await nameOf(pictureOf("png"), "png");
  const problem = await expectProblem(await publishing([first.name, absent]), "image-unknown");
  expect(problem["images"]).toEqual([absent]);
  await expectProblem(await publishing(["./cup.webp"]), "image-unknown");
  await expectProblem(await publishing([first.name], edge.other), "image-unknown");
  // The same bytes, put by the other tenant: then it is theirs too.
  expect((await put(first.name, first.bytes, { by: edge.other })).status).toBe(201);
  expect((await publishing([first.name], edge.other)).status).toBe(201);
});

test("a tenant's pictures are so many at most, and another tenant's are not counted", async () => {
  const bytes = pictureOf("png");
  const name = await nameOf(bytes, "png");
  const store = bindings.CAMPAIGNS.getByName(
    `images-${Number.parseInt(name.slice(0, 2), 16) % 64}`,
  );
  const fill = (count: number) =>
    runInDurableObject(store, (_, { storage }) => {
      storage.sql.exec("DELETE FROM images");
      for (let index = 0; index < count; index++)
        storage.sql.exec("INSERT INTO images VALUES (?, 1, x'00')", `filler-${index}`);
    });
  await fill(imagesMax);
  await expectProblem(await put(name, bytes), "images-full");
  expect((await put(name, bytes, { by: edge.other })).status).toBe(201);
  await fill(imagesMax - 1);
  expect((await put(name, bytes)).status).toBe(201);
});
