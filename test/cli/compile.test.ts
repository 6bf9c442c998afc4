import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { inColumn, orchardYaml } from "../mjml/orchard.ts";
import { startAuthorPeer, type AuthorPeer } from "./author-peer.ts";

const program = fileURLToPath(new URL("author-commands.ts", import.meta.url));
let peer: AuthorPeer;
beforeAll(async () => {
  peer = await startAuthorPeer();
});
afterAll(() => peer.stop());

interface Run {
  readonly status: number;
  readonly out: string;
  readonly said: string;
}

/** `maily compile` in the peer's folder. */
const compile = (...given: string[]): Promise<Run> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [program, "compile", ...given],
      { cwd: peer.folder },
      (_, out, said) => done({ status: child.exitCode ?? -1, out, said }),
    );
  });

const written = (name: string, folder = "mail"): Promise<string> =>
  readFile(join(peer.folder, folder, name), "utf8");
const template = (mjml: string): Promise<void> => writeFile(join(peer.folder, "letter.mjml"), mjml);

const edge = ["--edge", "https://edge.example"];
const whole = '<mj-maily widget="./orchard.yaml" />';

describe("a widget alone", () => {
  test("becomes a plan, three parts and a block in every language, as a preview that says so", async () => {
    const { status, out, said } = await compile("orchard.yaml", ...edge);
    expect(status).toBe(0);
    expect((await readdir(join(peer.folder, "mail"))).toSorted()).toEqual([
      "block.en.html",
      "block.he.html",
      "mail.plan.json",
      "message.en.amp.html",
      "message.en.html",
      "message.en.txt",
      "message.he.amp.html",
      "message.he.html",
      "message.he.txt",
    ]);
    expect(out.trim().split("\n")).toHaveLength(9);
    const plan = MailPlan.parse(JSON.parse(await written("mail.plan.json")));
    expect(plan).toMatchObject({ languages: ["en", "he"], edge: "https://edge.example" });
    expect(said).toContain("this is a preview");
    expect(said).toMatch(/he: HTML [\d.]+ kB of 102\.4 kB, AMP [\d.]+ kB of 200\.0 kB/);
    for (const name of ["message.en.html", "message.en.amp.html", "message.en.txt"])
      expect(await written(name)).not.toContain("~maily");
  });

  test("has a block to paste: tables, inline styles, buttons that Word draws, and no document", async () => {
    await compile("orchard.yaml", ...edge);
    const block = await written("block.en.html");
    expect(block).not.toMatch(/<html|<head|<body|<style|<script/i);
    expect(block).toContain("<v:roundrect");
    expect(block).toMatch(/<table role="presentation"[^>]*style="/);
    expect(block.match(/#[\w-]{136}\.0\.[01]"/g)).toHaveLength(2);
    expect(await written("block.he.html")).toContain('dir="rtl"');
  });

  test("in one language has that alone", async () => {
    await compile("orchard.yaml", ...edge, "--language", "he", "--out", "one");
    expect(await readdir(join(peer.folder, "one"))).toHaveLength(5);
    const { status, said } = await compile("orchard.yaml", ...edge, "--language", "fr");
    expect(status).toBe(1);
    expect(said).toContain("orchard.yaml:3: the widget does not speak fr; it speaks en, he");
  });
});

describe("a template", () => {
  test("is what the HTML is framed with, columns and all", async () => {
    await template(inColumn(`<mj-text>For [[first_name]]</mj-text>${whole}`));
    const { status } = await compile("orchard.yaml", ...edge, "--template", "letter.mjml");
    expect(status).toBe(0);
    expect(await written("message.en.html")).toContain("For first_name");
    const plan = MailPlan.parse(JSON.parse(await written("mail.plan.json")));
    expect(plan.fields).toEqual(["first_name"]);
    expect(plan.parts["en"]?.html).toContainEqual({
      slot: "field",
      name: "first_name",
      encode: "html",
    });
  });

  test("is checked against the readers file", async () => {
    await template(inColumn(`<mj-text>\n[[nick]]</mj-text>${whole}`));
    await writeFile(join(peer.folder, "readers.csv"), "id,region,first_name\n1,eu,Ada\n");
    const given = ["--template", "letter.mjml", "--readers", "readers.csv"];
    const { status, said } = await compile("orchard.yaml", ...edge, ...given);
    expect(status).toBe(1);
    expect(said).toContain("letter.mjml:5: the readers file has no column `nick`");
  });

  test.each([
    [
      "without the widget",
      inColumn("<mj-text>x</mj-text>"),
      "letter.mjml:2: the template shows nothing of the widget",
    ],
    [
      "of another widget",
      inColumn('<mj-maily widget="./tea.yaml" />'),
      'letter.mjml:4: widget="./tea.yaml" is not the widget that is compiled',
    ],
    [
      "with what MJML does not know",
      inColumn(`${whole}\n<mj-quiz />`),
      "letter.mjml:5: Element mj-quiz doesn't exist",
    ],
  ])("%s is refused by its line, and nothing is written", async (_, mjml, expected) => {
    await template(mjml);
    const { status, said, out } = await compile(
      "orchard.yaml",
      ...edge,
      "--template",
      "letter.mjml",
      "--out",
      "none",
    );
    expect(status).toBe(1);
    expect(said).toContain(expected);
    expect(out).toBe("");
    await expect(readdir(join(peer.folder, "none"))).rejects.toThrow("ENOENT");
  });

  test("that is not there is named", async () => {
    const { status, said } = await compile("orchard.yaml", ...edge, "--template", "no.mjml");
    expect(status).toBe(1);
    expect(said).toContain("no.mjml cannot be read (ENOENT)");
  });
});

describe("a widget that cannot be compiled", () => {
  test.each([
    [
      "is not there",
      undefined,
      "bad.yaml:1: The widget definition is not valid. bad.yaml cannot be read (ENOENT)",
    ],
    ["is no YAML", 'maily: 1\ntitle: "open\n', "bad.yaml:3:"],
    [
      "has a fault",
      orchardYaml.replace("kind: rating", "kind: stars"),
      "bad.yaml:13: questions.1.kind: is no kind of question",
    ],
    [
      "has an option that no mail holds",
      orchardYaml.replace("en: Tart", `en: ${"Tart ".repeat(150)}`),
      'bad.yaml:10: an option of the question "kind" has 749 characters in en',
    ],
  ])("%s: named by its line", async (_, yaml, expected) => {
    const file = join(peer.folder, "bad.yaml");
    if (yaml === undefined) await rm(file, { force: true });
    else await writeFile(file, yaml);
    const { status, said } = await compile("bad.yaml", ...edge);
    expect(said).toContain(expected);
    expect(status).toBe(1);
  });
});

describe("for a sending service", () => {
  test("its merge tags stand in the slots, also in the block", async () => {
    const { status, said } = await compile(
      "orchard.yaml",
      ...edge,
      "--esp",
      "sendgrid",
      "--out",
      "sendgrid",
    );
    expect(status).toBe(0);
    for (const name of ["message.en.html", "message.en.amp.html", "block.en.html"])
      expect(await written(name, "sendgrid")).toContain("{{maily_invitation}}");
    expect(await written("message.en.amp.html", "sendgrid")).toContain("{{maily_codes}}");
    expect(said).toContain("SendGrid: paste message.* as a template");
  });

  test("that takes no AMP part there is none", async () => {
    const { said } = await compile(
      "orchard.yaml",
      ...edge,
      "--esp",
      "postmark",
      "--out",
      "postmark",
    );
    expect(await readdir(join(peer.folder, "postmark"))).not.toContain("message.en.amp.html");
    expect(said).toContain("no AMP: Postmark does not carry it");
  });

  test("everything it must be told is told: subject, columns by its names, headers, addresses to fetch", async () => {
    await template(inColumn(`<mj-text>For [[first_name]]</mj-text>${whole}`));
    const given = ["--template", "letter.mjml", "--out", "told", "--server", peer.origin];
    const tell = async (esp: string): Promise<string> =>
      (await compile("orchard.yaml", ...edge, ...given, "--esp", esp)).said;
    const braze = await tell("braze");
    expect(braze).toContain("subject (en): Your apples");
    expect(braze).toContain(
      "List-Unsubscribe: <https://edge.example/u/{{custom_attribute.${maily_invitation}}}> and List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    );
    expect(braze).toContain(
      `{% connected_content ${peer.origin}/v1/render?invitation={{custom_attribute.\${maily_invitation}}}&language={{custom_attribute.\${language}}}&part=amp %}`,
    );
    const mailchimp = await tell("mailchimp");
    expect(mailchimp).toContain("maily_invitation as MAILY_INVI (136 characters)");
    expect(mailchimp).toContain("columns of your own in the mail: first_name as FIRST_NAME");
    // Codes are of no use where nothing can be answered inside the mail.
    expect(mailchimp).not.toMatch(/MAILY_CODE|maily_codes|the codes have/);
    await template(
      inColumn(`<mj-button href="https://s.example/?n=[[first_name]]">x</mj-button>${whole}`),
    );
    const escape = "write first_name percent-encoded into the file";
    expect(await tell("sendgrid")).toContain(escape);
    expect(await tell("braze")).not.toContain(escape);
  });

  test("that nobody knows is refused with those there are", async () => {
    const { status, said } = await compile("orchard.yaml", ...edge, "--esp", "pigeon");
    expect(status).toBe(1);
    expect(said).toContain("no email service is called pigeon; write one of sendgrid");
  });
});

describe("a published campaign", () => {
  test("is compiled with its id and revision, and uploaded to each region's server", async () => {
    const id = await peer.publish();
    const upload = ["--upload", "--server", peer.origin, "--keys", peer.keysFolder];
    const { status, said } = await compile(
      "orchard.yaml",
      "--edge",
      peer.origin,
      "--campaign",
      id,
      ...upload,
    );
    expect(said).not.toContain("preview");
    // Nobody named whose mails may be answered: told before they are sent, not when all answers are refused.
    expect(said).toContain(`Publish it again with --campaign ${id} --senders`);
    expect(status).toBe(0);
    expect(peer.plans.get(id)).toMatchObject({
      campaign: id,
      revision: 1,
      languages: ["en", "he"],
    });
    expect(peer.plans.get(id)).toEqual(JSON.parse(await written("mail.plan.json")));
  });

  test("that is not what the file says is refused: its links would name other answers", async () => {
    const id = await peer.publish();
    await writeFile(
      join(peer.folder, "changed.yaml"),
      orchardYaml.replace("id: tart", "id: bitter"),
    );
    const { status, said } = await compile("changed.yaml", "--edge", peer.origin, "--campaign", id);
    expect(status).toBe(1);
    expect(said).toContain(
      `changed.yaml:1: is not what is published as revision 1; run \`maily publish --campaign ${id}\``,
    );
  });

  test("that nobody published is refused", async () => {
    const { status, said } = await compile(
      "orchard.yaml",
      "--edge",
      peer.origin,
      "--campaign",
      "BBBBBBBBBBA",
    );
    expect(status).toBe(1);
    expect(said).toContain("There is no such campaign");
  });

  test("is not uploaded with another tenant's token", async () => {
    const id = await peer.publish();
    const file = join(peer.keysFolder, "tenant-1.json");
    const secrets = await readFile(file, "utf8");
    await writeFile(file, secrets.replace(peer.keys.tenant.token, peer.keys.tenant.readerKey));
    const given = [
      "--campaign",
      id,
      "--upload",
      "--server",
      peer.origin,
      "--keys",
      peer.keysFolder,
    ];
    const { status, said } = await compile("orchard.yaml", "--edge", peer.origin, ...given);
    await writeFile(file, secrets);
    expect(status).toBe(1);
    expect(said).toContain("access token is missing or not valid");
    expect(peer.plans.has(id)).toBe(false);
  });
});

test.each([
  ["no edge", ["orchard.yaml"]],
  ["an edge that is no address", ["orchard.yaml", "--edge", "edge"]],
  [
    "an upload of a preview",
    ["orchard.yaml", ...edge, "--upload", "--server", "https://eu.example"],
  ],
  ["an upload to nowhere", ["orchard.yaml", ...edge, "--upload", "--campaign", "BBBBBBBBBBA"]],
])("%s is wrong usage", async (_, given) => {
  expect((await compile(...given)).status).toBe(2);
});
