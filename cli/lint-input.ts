// What `maily lint` is given, files of any kind, as mails for the rules to look at.
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import PostalMime from "postal-mime";
import { Problem } from "../sdk/problem.ts";
import { MailPlan } from "../sdk/schema/mail-plan.ts";
import { codesFor, type Esp } from "../widget/email/esp.ts";
import { languageIn, lintInputOf, type LintedParts, type LintInput } from "../widget/email/lint.ts";
import type { TemplateFault } from "../widget/mjml/render.ts";
import { compileAuthored, faultsOf, readTemplate, widgetOfTemplate } from "./authored-mail.ts";
import { readJson } from "./read-json.ts";
import { readPictured } from "./images.ts";
import { parseWidget, widgetWarnings } from "./widget-file.ts";

/** Limits of one run. */
export const lintLimits = { files: 2_000, fileBytes: 32_000_000, folderDepth: 8 } as const;

export interface MailToLint {
  /** As it is told: a file, or several of one mail by their common name. */
  readonly name: string;
  /** Absent where the file could not be made a mail. */
  readonly input?: LintInput;
  /** Of a template or its widget. */
  readonly faults?: readonly TemplateFault[];
}

export interface LintOptions {
  readonly esp: Esp | undefined;
  /** For templates: the edge's origin. */
  readonly edge: string;
}

const refuse = (file: string, why: string): never => {
  throw new Problem("configuration-invalid", { errors: [`${file} ${why}`] });
};

async function octetsOf(file: string): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > lintLimits.fileBytes)
    refuse(file, `has ${size} bytes; files of up to ${lintLimits.fileBytes} are looked at`);
  return readFile(file);
}

const ampType = "text/x-amp-html";

async function messageOf(file: string): Promise<LintInput> {
  const octets = await octetsOf(file);
  const email = await PostalMime.parse(octets, { attachmentEncoding: "utf8" }).catch(
    (cause: unknown) => refuse(file, `is no message (${String(cause)})`),
  );
  const amp = email.attachments.find(({ mimeType }) => mimeType === ampType)?.content;
  const parts: LintedParts = {
    subject: email.subject ?? "",
    ...(email.text !== undefined && { text: email.text }),
    // Asked for as UTF-8 above, the content is a text.
    ...(typeof amp === "string" && { amp }),
    ...(email.html !== undefined && { html: email.html }),
  };
  const language = languageIn(email.html ?? "");
  return { parts: { [language]: parts }, message: octets.toString("latin1") };
}

async function templateOf(file: string, { esp, edge }: LintOptions): Promise<MailToLint> {
  const widget = widgetOfTemplate(await readTemplate(file), file);
  if (typeof widget !== "string") return { name: file, faults: widget };
  const { plan, pictures, faults } = await compileAuthored({
    widgetFile: widget,
    templateFile: file,
    edge,
    codes: esp === undefined ? "direct" : codesFor(esp),
  });
  const known = pictures.map(({ name, bytes }) => ({ name, bytes: bytes.length }));
  return {
    name: file,
    faults,
    ...(plan !== undefined && { input: lintInputOf(plan, esp, known) }),
  };
}

const isWidget = (file: string): boolean => /\.ya?ml$/i.test(file);

/** A widget file by itself: what is wrong with it, and what its author should see; pictures that will not do too. */
async function widgetOf(file: string): Promise<MailToLint> {
  const text = (await octetsOf(file)).toString("utf8");
  try {
    const warnings = widgetWarnings(parseWidget(text), text);
    await readPictured(file);
    return {
      name: file,
      faults: warnings.map(({ line, place, message }) => ({
        severity: "warning",
        file,
        line,
        message: `${place}: ${message}`,
      })),
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { name: file, faults: faultsOf(error, file, text) };
  }
}

const endings = { ".amp.html": "amp", ".html": "html", ".htm": "html", ".txt": "text" } as const;
type Ending = keyof typeof endings;
// Object.keys loses the literal keys; the longer ending comes first.
const endingNames = Object.keys(endings) as Ending[];
const endingOf = (file: string): Ending | undefined =>
  endingNames.find((ending) => file.toLowerCase().endsWith(ending));

/** A name's last piece where it is a language, as `maily compile` writes it: `message.de.html`. */
const languageOfName = (stem: string): string =>
  /\.([a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3})$/.exec(basename(stem))?.[1] ?? "";

/** The parts of one mail, which lie beside each other: `message.de.html`, `message.de.amp.html`, `message.de.txt`. */
async function partsOf(
  stem: string,
  files: readonly string[],
  { esp }: LintOptions,
): Promise<MailToLint> {
  const parts: Record<string, string> = {};
  for (const file of files) {
    const ending = endingOf(file);
    if (ending !== undefined) parts[endings[ending]] = (await octetsOf(file)).toString("utf8");
  }
  const language = languageOfName(stem) || languageIn(parts["html"] ?? parts["amp"] ?? "");
  return {
    name: files.length === 1 ? (files[0] ?? stem) : `${stem}.*`,
    input: {
      parts: { [language]: parts },
      ...(esp !== undefined && { esp }),
      alone: files.length === 1,
    },
  };
}

/** One file that is a mail by itself, or undefined for a part. */
async function wholeMailOf(file: string, options: LintOptions): Promise<MailToLint | undefined> {
  const lower = file.toLowerCase();
  if (lower.endsWith(".eml")) return { name: file, input: await messageOf(file) };
  if (lower.endsWith(".mjml")) return templateOf(file, options);
  if (isWidget(file)) return widgetOf(file);
  if (lower.endsWith(".json"))
    return { name: file, input: lintInputOf(await readJson(file, MailPlan), options.esp) };
  return undefined;
}

const isLinted = (file: string): boolean =>
  endingOf(file) !== undefined || /\.(?:eml|mjml|plan\.json)$/i.test(file);

async function filesIn(folder: string, depth = 0): Promise<string[]> {
  if (depth > lintLimits.folderDepth) return [];
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesIn(path, depth + 1)));
    else if (entry.isFile() && isLinted(entry.name)) found.push(path);
    if (found.length > lintLimits.files)
      refuse(folder, `holds more than ${lintLimits.files} files to look at`);
  }
  return found;
}

/**
 * The mails of a file or folder, one after another. Throws Problem configuration-invalid for what cannot be read or is of no
 * kind that is known.
 */
export async function* mailsAt(path: string, options: LintOptions): AsyncGenerator<MailToLint> {
  const entry = await stat(path).catch(() => refuse(path, "cannot be found"));
  // Of a folder's YAML, who knows what is a widget: one is looked at where it is named.
  if (!entry.isDirectory() && !isLinted(path) && !isWidget(path) && !path.endsWith(".json"))
    refuse(
      path,
      "is none of .yaml, .eml, .html, .amp.html, .txt, .mjml, mail.plan.json, or a folder of them",
    );
  const files = entry.isDirectory() ? await filesIn(path) : [path];
  if (files.length === 0) refuse(path, "holds no mail");
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const whole = await wholeMailOf(file, options);
    if (whole !== undefined) {
      yield whole;
      continue;
    }
    const name = basename(file);
    const stem = join(dirname(file), name.slice(0, name.length - (endingOf(name)?.length ?? 0)));
    groups.set(stem, [...(groups.get(stem) ?? []), file]);
  }
  for (const [stem, group] of groups) yield partsOf(stem, group, options);
}
