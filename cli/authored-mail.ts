// What an author writes, a widget file and perhaps an MJML template, as a campaign's compiled mail: every fault at its file
// and line.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { base64url } from "../sdk/bytes.ts";
import { canonicalBytes } from "../sdk/canonical.ts";
import { Problem } from "../sdk/problem.ts";
import type { MailPlan } from "../sdk/schema/mail-plan.ts";
import type { Widget } from "../sdk/schema/widget.ts";
import { compileMail, type MailFault } from "../widget/email/compile.ts";
import { viewOf, type MailedCampaign, type MailView } from "../widget/email/view.ts";
import { wordsIn } from "../widget/email/words.ts";
import { renderTemplate, widgetsOf, type TemplateFault } from "../widget/mjml/render.ts";
import { readPictured, type ImageFile } from "./images.ts";
import { lineOfPath, type PlacedFault } from "./widget-file.ts";

export interface AuthoredMail {
  readonly widgetFile: string;
  /** An MJML template; without it the mail has Maily's own frame. */
  readonly templateFile?: string | undefined;
  /** What readers are asked as it was published; the file is only compared with it. Without it, the file's own. */
  readonly published?: MailedCampaign | undefined;
  /** The edge's origin. */
  readonly edge: string;
  /** Whether the sender's merge language can cut one code out of the packed ones. */
  readonly codes: "direct" | "packed";
  /** Defaults to all of the widget's. */
  readonly languages?: readonly string[] | undefined;
  /** Languages to look at that the widget does not speak; its texts are shown in its first. */
  readonly alsoIn?: readonly string[] | undefined;
  /** Columns of the readers file, where it is known. */
  readonly columns?: readonly string[] | undefined;
  /** Hidden fields that each link brings from the readers file. */
  readonly hidden?: readonly string[] | undefined;
}

export interface CompiledMail {
  readonly plan: MailPlan | undefined;
  /** By language, where the widget could be read. */
  readonly views: readonly MailView[];
  readonly faults: readonly TemplateFault[];
  /** What the widget shows, as it is published. */
  readonly pictures: readonly ImageFile[];
  /** What it was made from. */
  readonly files: readonly string[];
}

/** A campaign that nobody published: what is compiled for it is to look at. Eight zero bytes. */
export const previewCampaign = "AAAAAAAAAAA";

const isPlaced = (error: unknown): error is PlacedFault =>
  typeof error === "object" && error !== null && "line" in error && "message" in error;
const isOnPath = (error: unknown): error is MailFault =>
  typeof error === "object" && error !== null && "path" in error && "message" in error;

/** A Problem's places as faults of a widget file; a Problem without places is one fault at its first line. */
export function faultsOf(problem: Problem, file: string, text = ""): TemplateFault[] {
  const { title, detail, errors } = problem.toJSON();
  const faultAt = (line: number, message: string): TemplateFault => ({
    severity: "error",
    file,
    line,
    message,
  });
  const faults = (Array.isArray(errors) ? errors : []).map((error: unknown) => {
    if (isPlaced(error))
      return faultAt(error.line, [error.place, error.message].filter(Boolean).join(": "));
    if (isOnPath(error)) return faultAt(lineOfPath(text, error.path), error.message);
    return faultAt(1, String(error));
  });
  return faults.length > 0 ? faults : [faultAt(1, `${title}. ${detail}`)];
}

const campaignOf = ({ notice, site: _site, ...definition }: Widget): MailedCampaign => ({
  id: previewCampaign,
  revision: 1,
  definition,
  notice,
});

/** The file's text. Throws Problem configuration-invalid where it cannot be read. */
export const readTemplate = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Problem("configuration-invalid", {
      detail: `${file} cannot be read (${cause.code ?? "error"}).`,
    });
  });

/** The one widget file that a template is about, from the working folder; or why there is none, or more than one. */
export function widgetOfTemplate(text: string, file: string): string | readonly TemplateFault[] {
  const { widgets, faults } = widgetsOf(text, file);
  if (faults.length > 0) return faults;
  const [first, ...others] = widgets.map(({ path, line }) => ({
    path: resolve(dirname(file), path),
    line,
  }));
  const fault = (line: number, message: string): TemplateFault[] => [
    { severity: "error", file, line, message },
  ];
  if (first === undefined)
    return fault(
      1,
      'no element says which widget: write <mj-maily widget="./my-widget.yaml" /> into an <mj-column>',
    );
  const other = others.find(({ path }) => path !== first.path);
  return other === undefined
    ? first.path
    : fault(other.line, "names a second widget; a mail carries one campaign");
}

/** What is asked, not how the file is written. */
const contentOf = ({ definition, notice }: MailedCampaign): string =>
  base64url(canonicalBytes({ definition, notice }));

/**
 * Reads, draws and compiles. Faults of the files come back; of errors among them there is no plan. Throws Problem
 * configuration-invalid where the template cannot be read.
 */
export async function compileAuthored(authored: AuthoredMail): Promise<CompiledMail> {
  const { widgetFile, templateFile, edge, codes, alsoIn = [], hidden = [] } = authored;
  const files = [widgetFile, ...(templateFile === undefined ? [] : [templateFile])];
  const nothing = { plan: undefined, views: [], pictures: [], files };
  let campaign: MailedCampaign;
  let pictures: readonly ImageFile[];
  try {
    const { widget, images } = await readPictured(widgetFile);
    const written = campaignOf(widget);
    pictures = images;
    campaign = authored.published ?? written;
    if (contentOf(written) !== contentOf(campaign)) {
      const message = `is not what is published as revision ${campaign.revision}; run \`maily publish --campaign ${campaign.id}\` first, or its links would name other answers`;
      return { ...nothing, faults: [{ severity: "error", file: widgetFile, line: 1, message }] };
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...nothing, faults: faultsOf(error, widgetFile) };
  }
  const spoken = [...campaign.definition.languages, ...alsoIn];
  campaign = { ...campaign, definition: { ...campaign.definition, languages: spoken } };
  const languages = [...(authored.languages ?? spoken)];
  const views = languages.map((language) =>
    viewOf(campaign, edge, language, wordsIn(language), hidden),
  );
  const frames = await drawFrames(authored, views);
  const shown = pictures.map(({ path }) => path);
  const drawn = { views, pictures, files: [...new Set([...files, ...shown, ...frames.files])] };
  if (frames.faults.some(({ severity }) => severity === "error"))
    return { ...drawn, plan: undefined, faults: frames.faults };
  try {
    const plan = compileMail(campaign, {
      edge,
      codes,
      languages,
      hidden,
      ...(templateFile !== undefined && {
        frame: ({ language }) => frames.html.get(language) ?? "",
      }),
    });
    return { ...drawn, plan, faults: frames.faults };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const text = await readFile(widgetFile, "utf8");
    const faults = [...frames.faults, ...faultsOf(error, widgetFile, text)];
    return { ...drawn, plan: undefined, faults };
  }
}

interface Frames {
  readonly html: ReadonlyMap<string, string>;
  readonly faults: readonly TemplateFault[];
  readonly files: readonly string[];
}

/** The template in every language; nothing where there is none. */
async function drawFrames(
  { widgetFile, templateFile: file, columns }: AuthoredMail,
  views: readonly MailView[],
): Promise<Frames> {
  if (file === undefined) return { html: new Map(), faults: [], files: [] };
  const text = await readTemplate(file);
  const compiled = resolve(widgetFile);
  const html = new Map<string, string>();
  const faults = new Map<string, TemplateFault>();
  let files: readonly string[] = [];
  for (const view of views) {
    const rendered = await renderTemplate(text, {
      view,
      file,
      columns,
      isWidget: (path) => resolve(dirname(file), path) === compiled,
    });
    // What is wrong in one language is mostly wrong in all: told once.
    for (const fault of rendered.faults)
      faults.set(`${fault.file}:${fault.line}:${fault.message}`, fault);
    if (rendered.html !== undefined) html.set(view.language, rendered.html);
    files = rendered.files;
  }
  return { html, faults: [...faults.values()], files };
}
