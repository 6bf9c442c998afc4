// `maily compile`: what an author wrote becomes a plan that mails are filled from, the parts to look at or to paste into a
// sending service, and a block for any drag-and-drop editor.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillPlan, templateOf, type FilledParts } from "../sdk/mail-plan.ts";
import { Problem } from "../sdk/problem.ts";
import { TenantSecrets } from "../sdk/schema/deployment.ts";
import type { Manifest } from "../sdk/schema/campaign.ts";
import type { MailParts, MailPlan } from "../sdk/schema/mail-plan.ts";
import { codesFor, espNamed, espParts, espTakesAmp, type Esp } from "../widget/email/esp.ts";
import { htmlBlock } from "../widget/email/html.ts";
import { lookOf } from "../widget/email/look.ts";
import type { MailView } from "../widget/email/view.ts";
import type { TemplateFault } from "../widget/mjml/render.ts";
import { ask } from "./ask.ts";
import { compileAuthored, type CompiledMail } from "./authored-mail.ts";
import { tenantFile } from "./keygen.ts";
import { nextLines } from "./next-steps.ts";
import { fetchManifest } from "./publish.ts";
import { readJson } from "./read-json.ts";
import { columnsOf } from "./readers.ts";
import { sampleValues } from "./sample-values.ts";

/** Gmail clips text/html here, counted with what a sending service adds, and refuses larger AMP. */
export const partLimits = { html: 102_400, amp: 200_000 } as const;

export interface MailFile {
  readonly name: string;
  readonly text: string;
}

/** The plan with the widget's block alone as each HTML part: to be pasted into an editor's HTML element. */
function blockPlan(plan: MailPlan, views: readonly MailView[]): MailPlan {
  const blocks = views.map((view): [string, MailParts] => {
    const look = lookOf(view.campaign.definition.theme);
    return [view.language, { subject: [], text: [], html: templateOf(htmlBlock(view, { look })) }];
  });
  return { ...plan, parts: Object.fromEntries(blocks) };
}

/**
 * Everything that `maily compile` writes. With `esp` its merge tags stand in the slots; without it a sample reader's
 * values, to look at. Throws Problem configuration-invalid where the service cannot say what the plan needs.
 */
export function mailFiles(
  plan: MailPlan,
  views: readonly MailView[],
  esp: Esp | undefined,
): MailFile[] {
  const filled = (of: MailPlan, language: string): FilledParts =>
    esp === undefined
      ? fillPlan(of, language, sampleValues(of, "sample"))
      : espParts(esp, of, language);
  const blocks = blockPlan(plan, views);
  const files = [{ name: "mail.plan.json", text: JSON.stringify(plan) }];
  for (const { language } of views) {
    const { html, amp, text } = filled(plan, language);
    files.push(
      { name: `message.${language}.html`, text: html },
      ...(amp === undefined ? [] : [{ name: `message.${language}.amp.html`, text: amp }]),
      { name: `message.${language}.txt`, text },
      { name: `block.${language}.html`, text: filled(blocks, language).html },
    );
  }
  return files;
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

/** Each language's sizes beside what mail clients take, with a reader's values in the slots and what `esp` adds. */
export function sizeLines(plan: MailPlan, esp: Esp | undefined): string[] {
  const values = sampleValues(plan, "sizes");
  const added = esp?.adds.bytes ?? 0;
  const size = (part: string, bytesMax: number): string => {
    const bytes = Buffer.byteLength(part) + added;
    return `${kilobytes(bytes)} of ${kilobytes(bytesMax)}${bytes > bytesMax ? ", TOO LARGE" : ""}`;
  };
  return plan.languages.map((language) => {
    const { html, amp, text } = fillPlan(plan, language, values);
    const inMail =
      amp === undefined
        ? "no AMP: nothing here can be answered inside a mail"
        : esp !== undefined && !espTakesAmp(esp)
          ? `no AMP: ${esp.title} does not carry it`
          : `AMP ${size(amp, partLimits.amp)}`;
    return `${language}: HTML ${size(html, partLimits.html)}, ${inMail}, text ${kilobytes(Buffer.byteLength(text))}`;
  });
}

/** `file:line: message`, as editors and terminals make it a link. */
export const faultLine = ({ severity, file, line, message }: TemplateFault): string =>
  `${file}:${line}: ${severity === "warning" ? "warning: " : ""}${message}`;

/** Stores the plan at each region's server, which then renders it. Throws the first server's Problem. */
export async function uploadPlan(
  plan: MailPlan,
  servers: readonly string[],
  token: string,
): Promise<void> {
  for (const server of servers)
    await ask(`${server}/v1/campaigns/${plan.campaign}/mail`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(plan),
    });
}

export interface CompileOptions {
  readonly template?: string;
  readonly edge: string;
  readonly campaign?: string;
  readonly esp?: string;
  readonly language?: readonly string[];
  readonly readers?: string;
  readonly hidden?: readonly string[];
  readonly out: string;
  readonly upload: boolean;
  readonly server: readonly string[];
  readonly keys: string;
  readonly tenant: number;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function compileWith(
  widgetFile: string,
  options: CompileOptions,
  esp: Esp | undefined,
  published: Manifest | undefined,
): Promise<CompiledMail> {
  const columns = options.readers === undefined ? undefined : await columnsOf(options.readers);
  return compileAuthored({
    widgetFile,
    templateFile: options.template,
    published,
    edge: options.edge,
    codes: esp === undefined ? "direct" : codesFor(esp),
    languages: options.language,
    columns,
    hidden: options.hidden,
  });
}

/** `maily compile`. Sets the exit status to 1 where a file has an error: nothing is written then. */
export async function runCompile(widgetFile: string, options: CompileOptions): Promise<void> {
  const esp = options.esp === undefined ? undefined : espNamed(options.esp);
  const published =
    options.campaign === undefined
      ? undefined
      : await fetchManifest(options.edge, options.campaign);
  if (options.campaign !== undefined && published === undefined)
    throw new Problem("campaign-unknown");
  const { plan, views, faults } = await compileWith(widgetFile, options, esp, published);
  for (const fault of faults) complain(faultLine(fault));
  if (plan === undefined) {
    process.exitCode = 1;
    complain("nothing written: mend the errors above first");
    return;
  }
  await mkdir(options.out, { recursive: true });
  for (const { name, text } of mailFiles(plan, views, esp)) {
    await writeFile(join(options.out, name), text);
    say(join(options.out, name));
  }
  for (const line of sizeLines(plan, esp)) complain(line);
  const senders = published && (published.mail?.senders ?? []);
  for (const line of nextLines(plan, { ...options, esp, senders })) complain(line);
  if (!options.upload) return;
  const { token } = await readJson(tenantFile(options.keys, options.tenant), TenantSecrets);
  await uploadPlan(plan, options.server, token);
  for (const server of options.server)
    complain(`uploaded to ${server}: it answers GET /v1/render for this campaign`);
}
