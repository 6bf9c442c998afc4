// Pictures of a widget file: read from beside it, named by their content, and refused with what to do.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compileAuthored } from "../../cli/authored-mail.ts";
import { embedLines } from "../../cli/embed-lines.ts";
import { readPictured } from "../../cli/images.ts";
import { mailsAt, type MailToLint } from "../../cli/lint-input.ts";
import { withPictures } from "../../cli/dev/preview.ts";
import { imagesOf } from "../../sdk/images.ts";
import { Problem } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-images-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** GIF89a §18: a logical screen and nothing on it. */
function gifOf(width: number, height: number, more = 0): Buffer {
  const bytes = Buffer.alloc(14 + more);
  bytes.write("GIF89a", "latin1");
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  bytes[13] = 0x3b;
  return bytes;
}

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** JPEG with an Exif block that says how the camera was held, and a frame of `width` × `height`. */
function jpegOf(width: number, height: number, orientation: number): Buffer {
  const tiff = Buffer.from("4d4d002a000000080001011200030000000100000000", "hex");
  tiff.writeUInt16BE(orientation, 18);
  const exif = Buffer.concat([Buffer.from("Exif\0\0"), tiff, Buffer.alloc(6)]);
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe1, exif),
    segment(0xc0, frame),
    Buffer.from([0xff, 0xd9]),
  ]);
}

const yaml = (...sources: readonly string[]): string => `
maily: 1
title: Cups
languages: [en]
questions:
${sources
  .map(
    (source, index) => `  - id: q${index}
    kind: yes-no
    text: Nice?
    image: { source: ${source}, alt: "" }`,
  )
  .join("\n")}
notice:
  version: 1
  controller: { name: Cups, contact: privacy@cups.example }
  retentionDays: 30
  text: We count.
  purposes: [{ id: results, text: Count answers, required: true }]
`;

async function written(text: string): Promise<string> {
  const file = join(folder, "widget.yaml");
  await writeFile(file, text);
  return file;
}

const errorsOf = async (...sources: readonly string[]): Promise<unknown> => {
  const refused: unknown = await readPictured(await written(yaml(...sources))).catch(
    (error: unknown) => error,
  );
  if (!(refused instanceof Problem)) throw new Error("was taken");
  expect(refused.code).toBe("widget-invalid");
  return refused.members["errors"];
};

test("a picture is named by its content, with its size, once however often it is shown", async () => {
  await mkdir(join(folder, "pictures"));
  const bytes = gifOf(40, 30);
  await writeFile(join(folder, "pictures/cup.gif"), bytes);
  const file = await written(yaml("./pictures/cup.gif", "./pictures/cup.gif"));
  const { widget, images } = await readPictured(file);
  const name = `${createHash("sha256").update(bytes).digest("hex")}.gif`;
  expect(images).toMatchObject([{ name, contentType: "image/gif", width: 40, height: 30 }]);
  const shown = { source: name, alt: "", width: 40, height: 30 };
  expect([...imagesOf(widget)]).toEqual([shown, shown]);
  // What is published already has such a name, and needs no file.
  expect((await readPictured(await written(yaml(name)))).images).toEqual([]);
});

test("a photograph that the camera turned has the size that it is shown in", async () => {
  await writeFile(join(folder, "up.jpg"), jpegOf(40, 30, 6));
  await writeFile(join(folder, "wide.jpeg"), jpegOf(40, 30, 1));
  const { images } = await readPictured(await written(yaml("./up.jpg", "./wide.jpeg")));
  expect(images).toMatchObject([
    { width: 30, height: 40 },
    { width: 40, height: 30 },
  ]);
});

test("what will not do is refused, each with what to do, before anything is sent", async () => {
  await writeFile(join(folder, "large.gif"), gifOf(1, 1, 524_288));
  await writeFile(join(folder, "wrong.png"), gifOf(1, 1));
  await writeFile(join(folder, "text.gif"), "<svg/>");
  await writeFile(join(folder, "broken.jpg"), Buffer.from([0xff, 0xd8, 0xff, 0xe0]));
  await writeFile(join(folder, "wide.gif"), gifOf(10_001, 1));
  await mkdir(join(folder, "folder.gif"));
  expect(
    await errorsOf(
      "./absent.webp",
      "./large.gif",
      "./wrong.png",
      "./text.gif",
      "./broken.jpg",
      "./wide.gif",
      "./folder.gif",
    ),
  ).toEqual([
    "./absent.webp cannot be read; put it beside the widget file, or mend the name",
    "./large.gif has 513 KiB, and a picture has 512 KiB at most; save it smaller, as WebP for example",
    "./wrong.png is a gif and is named otherwise; rename it",
    "./text.gif is no picture; use png, jpg, webp, gif or avif",
    "./broken.jpg is damaged: its width and height cannot be read",
    "./wide.gif is 10001 × 1 pixels, and at most 10000 each way are shown; save it smaller",
    "./folder.gif cannot be read; it must be a file",
  ]);
});

test("who asks whether a widget is right is told of pictures that are not", async () => {
  const file = await written(yaml("./absent.webp"));
  const told = "./absent.webp cannot be read";
  const validated = spawnSync(process.execPath, ["cli/main.ts", "validate", file], {
    encoding: "utf8",
  });
  expect(validated.stderr).toContain(told);
  expect(validated.status).toBe(1);
  const found: MailToLint[] = [];
  for await (const mail of mailsAt(file, { esp: undefined, edge: "https://edge.example" }))
    found.push(mail);
  expect(found).toMatchObject([
    { faults: [{ severity: "error", message: expect.stringContaining(told) }] },
  ]);
});

test.each(["../cup.png", "/etc/cup.png", "./../../cup.png", "https://a.example/x.png", "./x.svg"])(
  "%s is no place for a picture",
  async (source) => {
    expect(JSON.stringify(await errorsOf(source))).toContain("image");
  },
);

test("maily dev shows pictures that the edge does not have yet", async () => {
  await writeFile(join(folder, "cup.gif"), gifOf(40, 30));
  const { pictures, files } = await compileAuthored({
    widgetFile: await written(yaml("./cup.gif")),
    edge: "https://edge.example",
    codes: "direct",
  });
  expect(files).toContain(join(folder, "cup.gif"));
  const [{ name } = { name: "" }] = pictures;
  const html = `<img src="https://edge.example/images/${name}"><img src="https://elsewhere.example/x.gif">`;
  expect(withPictures(html, pictures)).toBe(
    `<img src="data:image/gif;base64,${gifOf(40, 30).toString("base64")}"><img src="https://elsewhere.example/x.gif">`,
  );
});

test("a campaign that no site embeds says nothing of embedding", async () => {
  expect(await embedLines("https://edge.example", { id: "AAAAAAAAAAA" } as Campaign)).toEqual([]);
});
