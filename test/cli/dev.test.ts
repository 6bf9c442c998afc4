import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rename, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import PostalMime from "postal-mime";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startDev, type Dev, type DevOptions } from "../../cli/dev/start.ts";
import type { WorkshopState } from "../../cli/dev/workshop.ts";
import { Problem } from "../../sdk/problem.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { inColumn, orchardYaml } from "../mjml/orchard.ts";
import { startAuthorPeer, type AuthorPeer } from "./author-peer.ts";
import { smtpError, startSmtp } from "./smtp-peer.ts";

const whole = '<mj-maily widget="./orchard.yaml" />';
const letter = inColumn(`<mj-text>Dear [[first_name]]</mj-text>\n${whole}`);
type Told = WorkshopState & { readonly sendable: { readonly why?: string } };

let peer: AuthorPeer;
let dev: Dev;
let template: string;
beforeAll(async () => {
  peer = await startAuthorPeer();
  template = join(peer.folder, "letter.mjml");
});
afterAll(() => peer.stop());

const start = async (file: string, more: Partial<DevOptions> = {}): Promise<void> => {
  dev = await startDev(file, {
    edge: "https://edge.example",
    port: 0,
    keys: peer.keysFolder,
    tenant: 1,
    ...more,
  });
};
afterEach(() => dev.close());

/** The states that the page is told, one after another. */
async function* states(): AsyncGenerator<Told> {
  const response = await fetch(`${dev.origin}/events`);
  const body = response.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>();
  let text = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) yield JSON.parse(data) as Told; // What the server under test sends.
    }
  }
}
/** The next state that `holds`: a save may be several events. */
async function nextOf(
  told: AsyncGenerator<Told>,
  holds: (state: Told) => boolean = () => true,
): Promise<Told> {
  for (;;) {
    const { value } = await told.next();
    if (value === undefined) throw new Error("the server ended its events");
    const state = value as Told; // A generator's return type is `any`.
    if (holds(state)) return state;
  }
}
const isBroken = ({ stale }: Told): boolean => stale;
const isMended = ({ stale, faults }: Told): boolean => !stale && faults.length === 0;

const part = (path: string): Promise<Response> => fetch(`${dev.origin}/part/${path}`);

describe("a template that is followed", () => {
  beforeEach(async () => {
    await writeFile(template, letter);
    await writeFile(peer.widgetFile, orchardYaml);
    await start(template);
  });

  test("is shown by reader and language, with its sizes and nothing wrong", async () => {
    const told = states();
    const state = await nextOf(told);
    expect(state).toMatchObject({ file: template, faults: [], stale: false });
    expect(
      state.languages.map(({ tag, direction, borrowed }) => [tag, direction, borrowed]),
    ).toEqual([
      ["en", "ltr", false],
      ["he", "rtl", false],
    ]);
    expect(state.readers).toHaveLength(3);
    for (const { lint } of state.languages)
      expect(lint.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(await (await part("html?reader=0&language=en")).text()).toContain("Dear Ada");
    expect(await (await part("html?reader=2&language=en")).text()).toContain(
      "Dear D&#39;Arcy &lt;b&gt;",
    );
    expect(await (await part("html?reader=0&language=he")).text()).toContain('dir="rtl"');
    expect(await (await part("amp?reader=0&language=en")).text()).not.toMatch(/<script/);
    const parts = (await (await part("parts.json?reader=0&language=en")).json()) as object; // FilledParts.
    expect(Object.keys(parts)).toEqual(["subject", "text", "amp", "html"]);
    await told.return(undefined);
  });

  test("tells an error with its line, shows what was before, and forgets it when it is mended", async () => {
    const told = states();
    await nextOf(told);
    await writeFile(template, letter.replace("<mj-maily ", '<mj-maily size="1" '));
    const broken = await nextOf(told, isBroken);
    expect(broken.faults).toMatchObject([
      { file: template, line: 5, message: "Attribute size is illegal", severity: "error" },
    ]);
    expect(broken.faults[0]?.excerpt.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7]);
    expect(broken.faults[0]?.excerpt[2]?.text).toContain('size="1"');
    expect(await (await part("html?reader=0&language=en")).text()).toContain("Dear Ada");
    await writeFile(template, letter.replace("Dear", "Hello"));
    await nextOf(told, isMended);
    expect(await (await part("html?reader=0&language=en")).text()).toContain("Hello Ada");
    await told.return(undefined);
  });

  test("follows the widget's file as well, also one that an editor replaces", async () => {
    const told = states();
    await nextOf(told);
    await writeFile(peer.widgetFile, orchardYaml.replace("Which kind?", "What kind?"));
    await nextOf(told, isMended);
    expect(await (await part("html?reader=0&language=en")).text()).toContain("What kind?");
    await writeFile(`${peer.widgetFile}.new`, orchardYaml.replace("kind: rating", "kind: stars"));
    await rename(`${peer.widgetFile}.new`, peer.widgetFile);
    const broken = await nextOf(told, isBroken);
    expect(broken.faults).toMatchObject([{ line: 13 }]);
    expect(broken.faults[0]?.file).toMatch(/orchard\.yaml$/);
    await told.return(undefined);
  });

  test("goes light or dark as asked, with pictures or without, and never runs a script", async () => {
    const told = states();
    await nextOf(told);
    await writeFile(
      template,
      inColumn(
        whole,
        "<mj-head><mj-style>@media (prefers-color-scheme: dark) { body { color: #fff } }</mj-style></mj-head>",
      ),
    );
    await nextOf(told, isMended);
    const dark = await part("html?reader=0&language=en&scheme=dark&images=off");
    const light = await part("html?reader=0&language=en&scheme=light");
    expect(await dark.text()).toContain("@media (min-width:0px)");
    expect(await light.text()).toContain("@media (max-width:0px)");
    expect(dark.headers.get("content-security-policy")).toContain("img-src 'none'");
    expect(light.headers.get("content-security-policy")).toContain("img-src https: data:");
    for (const { headers } of [dark, light]) {
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).toMatch(/sandbox allow-popups/);
      expect(headers.get("content-security-policy")).not.toMatch(/allow-scripts|script-src/);
    }
    await told.return(undefined);
  });

  test.each(["html?reader=0&language=xx", "nothing?reader=0&language=en", "../dev.ts"])(
    "has nothing at /part/%s",
    async (path) => {
      expect((await part(path)).status).toBe(404);
    },
  );

  test("is served to this machine's own page alone", async () => {
    const statusFor = (headers: Record<string, string>): Promise<number> =>
      new Promise((done, refuse) => {
        request(dev.origin, { headers }, (response) => {
          response.resume();
          done(response.statusCode ?? 0);
        })
          .on("error", refuse)
          .end();
      });
    expect(await statusFor({})).toBe(200);
    expect(await statusFor({ host: "evil.example" })).toBe(403);
    expect(await statusFor({ origin: "https://evil.example" })).toBe(403);
    expect(new URL(dev.origin).hostname).toBe("127.0.0.1");
    const { headers } = await fetch(dev.origin);
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*script-src 'self'/);
  });

  test("cannot send a test of no campaign, and says what it lacks", async () => {
    const told = states();
    const why =
      "To send a test, start `maily dev` with --campaign <id> and --edge <origin>, --smtp <url>, --from <sender>.";
    expect((await nextOf(told)).sendable).toEqual({ why });
    expect(await post({ to: "me@example.org", reader: 0, language: "en" })).toMatchObject({
      code: "configuration-invalid",
      detail: why,
    });
    await told.return(undefined);
  });
});

async function post(
  body: unknown,
  headers: Record<string, string> = { "content-type": "application/json" },
): Promise<Record<string, unknown>> {
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${dev.origin}/send-test`, init);
  return (await response.json()) as Record<string, unknown>; // SendTest, or a Problem.
}

test("a widget that speaks no language of the other direction is shown in one all the same", async () => {
  const file = join(peer.folder, "english.yaml");
  await writeFile(file, orchardYaml.replace(/, he(?=\])|, he: [^}]*(?= \})/g, ""));
  await start(file);
  const { languages } = dev.workshop.state();
  expect(languages.map(({ tag, direction, borrowed }) => [tag, direction, borrowed])).toEqual([
    ["en", "ltr", false],
    ["ar", "rtl", true],
  ]);
  const html = await (await part("html?reader=0&language=ar")).text();
  expect(html).toContain('dir="rtl"');
  expect(html).toContain("Your apples");
});

test("readers of a file are shown each in their language, and their columns are checked", async () => {
  const readers = join(peer.folder, "people.csv");
  await writeFile(readers, 'id,region,language,first_name\n1,eu,he,רות\n2,us,,"Smith, J."\n');
  await writeFile(template, letter);
  await writeFile(peer.widgetFile, orchardYaml);
  await start(template, { readers });
  expect(dev.workshop.state().readers).toEqual([
    { label: "1", language: "he" },
    { label: "2", language: "en" },
  ]);
  expect(await (await part("html?reader=1&language=en")).text()).toContain("Dear Smith, J.");
  await dev.close();
  await writeFile(template, letter.replace("first_name", "nick"));
  await start(template, { readers });
  expect(dev.workshop.state().faults).toMatchObject([
    { line: 4, message: expect.stringContaining("no column `nick`") },
  ]);
});

test.each([
  ["names no widget", inColumn("<mj-maily />"), "no element says which widget"],
  [
    "names two widgets",
    inColumn(`${whole}<mj-maily-notice widget="tea.yaml" />`),
    "names a second widget",
  ],
  ["has an open tag", inColumn(`<mj-text>${whole}`), "<mj-text> is never closed"],
  [
    "names a widget that is not there",
    inColumn('<mj-maily widget="tea.yaml" />'),
    "tea.yaml cannot be read",
  ],
])("a template that %s is told so, on the page", async (_, mjml, expected) => {
  await writeFile(template, mjml);
  await start(template);
  expect(
    dev.workshop
      .state()
      .faults.map(({ message }) => message)
      .join(),
  ).toContain(expected);
  expect((await part("html?reader=0&language=en")).status).toBe(404);
});

test("the command prints where its page is, and ends when it is interrupted", async () => {
  await writeFile(template, letter);
  await start(template);
  const program = fileURLToPath(new URL("author-commands.ts", import.meta.url));
  const child = spawn(process.execPath, [program, "dev", template], { stdio: "pipe" });
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer]; // A pipe without an encoding.
    const page = await fetch(line.toString().trim());
    expect(await page.text()).toContain("<title>Maily dev</title>");
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a port that is taken is named", async () => {
  await writeFile(template, letter);
  await start(template);
  const port = Number(new URL(dev.origin).port);
  const other = startDev(template, { edge: "https://edge.example", port, keys: "keys", tenant: 1 });
  await expect(other).rejects.toThrow(Problem);
  await expect(other).rejects.toMatchObject({
    members: { detail: expect.stringContaining(`Port ${port} cannot be used (EADDRINUSE)`) },
  });
});

describe("a test that is sent", () => {
  test("is a whole message with a test's invitation, in the language and with the columns shown", async () => {
    await writeFile(template, letter);
    await writeFile(peer.widgetFile, orchardYaml);
    const smtp = await startSmtp();
    const campaign = await peer.publish();
    await start(template, {
      edge: peer.origin,
      campaign,
      smtp: `smtp://127.0.0.1:${smtp.port}`,
      from: "The Orchard <post@orchard.example>",
    });
    const sent = await post({ to: "me@example.org", reader: 0, language: "he" });
    // The campaign names no sender.
    expect(sent).toEqual({
      said: "Sent to me@example.org through 127.0.0.1. Answers inside it will be refused: publish the campaign with --senders post@orchard.example.",
    });
    const [delivered] = smtp.delivered;
    const mail = await PostalMime.parse(delivered?.raw ?? "");
    expect(delivered?.to).toBe("me@example.org");
    expect(mail).toMatchObject({
      subject: "[Test] התפוחים שלך",
      from: { address: "post@orchard.example", name: "The Orchard" },
    });
    expect(mail.html).toContain("Dear Ada");
    const [, invitation = ""] =
      new RegExp(`/a/${campaign}[^#"]*#([\\w-]{136})`).exec(mail.html ?? "") ?? [];
    expect(parseInvitation(invitation).body).toMatchObject({ test: true, region: "eu" });
    expect(delivered?.raw).toMatch(/text\/plain[\s\S]*text\/x-amp-html[\s\S]*text\/html/);
    await smtp.stop();
  });

  test("that the server refuses is told with its own words", async () => {
    const smtp = await startSmtp(() => smtpError(550, "5.1.1 No such user here"));
    await start(template, {
      edge: peer.origin,
      campaign: await peer.publish(),
      smtp: `smtp://127.0.0.1:${smtp.port}`,
      from: "post@orchard.example",
    });
    const refused = await post({ to: "nobody@example.org", reader: 0, language: "en" });
    expect(refused).toMatchObject({ detail: expect.stringContaining("No such user here") });
    for (const to of ["two@example.org, three@example.org", "me", "a@b\r\nBcc: c@d"])
      expect(await post({ to, reader: 0, language: "en" })).toMatchObject({
        code: "configuration-invalid",
      });
    expect(await post({ to: "me@example.org" })).toMatchObject({ code: "malformed-request" });
    expect(await post({ to: "x".repeat(3_000), reader: 0, language: "en" })).toMatchObject({
      code: "malformed-request",
    });
    const plain = { "content-type": "text/plain" };
    expect(await post({ to: "me@example.org", reader: 0, language: "en" }, plain)).toMatchObject({
      code: "malformed-request",
    });
    expect(smtp.delivered).toHaveLength(0);
    await smtp.stop();
  });

  test("takes the server from the environment, where a password is out of sight", async () => {
    const smtp = await startSmtp();
    vi.stubEnv("MAILY_SMTP", `smtp://127.0.0.1:${smtp.port}`);
    const campaign = await peer.publish();
    await start(template, { edge: peer.origin, campaign, from: "post@orchard.example" });
    vi.unstubAllEnvs();
    await post({ to: "me@example.org", reader: 0, language: "en" });
    expect(smtp.delivered).toHaveLength(1);
    await smtp.stop();
  });

  test("is not sent from files that have an error", async () => {
    const smtp = await startSmtp();
    await writeFile(template, letter);
    await start(template, {
      edge: peer.origin,
      campaign: await peer.publish(),
      smtp: `smtp://127.0.0.1:${smtp.port}`,
      from: "post@orchard.example",
    });
    const told = states();
    await nextOf(told);
    await writeFile(
      template,
      await readFile(template, "utf8").then((text) => text.replace("</mj-text>", "")),
    );
    await nextOf(told, isBroken);
    expect(await post({ to: "me@example.org", reader: 0, language: "en" })).toMatchObject({
      detail: expect.stringContaining("Mend the errors"),
    });
    expect(smtp.delivered).toHaveLength(0);
    await told.return(undefined);
    await smtp.stop();
  });
});
