// What the page shows: the mail as it was last compiled, and what is wrong with the files since. Compiles again with every
// change of them.
import { readFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { fillPlan, type FilledParts } from "../../sdk/mail-plan.ts";
import { Problem } from "../../sdk/problem.ts";
import { directionOf } from "../../sdk/local-text.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import type { MailedCampaign } from "../../widget/email/view.ts";
import { columnsOf, type TemplateFault } from "../../widget/mjml/render.ts";
import {
  compileAuthored,
  faultsOf,
  readTemplate,
  widgetOfTemplate,
  type CompiledMail,
} from "../authored-mail.ts";
import type { ImageFile } from "../images.ts";
import { sampleValues } from "../sample-values.ts";
import { readWarned } from "../widget-file.ts";
import { lintFilled, type ShownFinding } from "./lint.ts";
import { inventedReaders, type PreviewReader, type ReadersFile } from "./readers.ts";
import { watchFiles } from "./watch.ts";

export interface Workshop {
  readonly templateFile?: string | undefined;
  /** Without it, the widget that the template names. */
  readonly widgetFile?: string | undefined;
  readonly published?: MailedCampaign | undefined;
  readonly edge: string;
  readonly readers?: ReadersFile | undefined;
}

export interface ShownFault extends TemplateFault {
  /** Lines around the fault, its own among them. */
  readonly excerpt: readonly { readonly line: number; readonly text: string }[];
}

/** The page's whole state, sent whole with each change. */
export interface WorkshopState {
  /** Rises with every compilation. */
  readonly version: number;
  readonly file: string;
  readonly faults: readonly ShownFault[];
  /** What is shown is older than the faults. */
  readonly stale: boolean;
  readonly readers: readonly { readonly label: string; readonly language: string }[];
  readonly languages: readonly {
    readonly tag: string;
    readonly name: string;
    readonly direction: "ltr" | "rtl";
    /** Not a language of the widget: its texts stand in the first. */
    readonly borrowed: boolean;
    readonly subject: string;
    readonly bytes: { readonly html: number; readonly amp: number; readonly text: number };
    readonly lint: readonly ShownFinding[];
  }[];
}

export interface OpenWorkshop {
  readonly state: () => WorkshopState;
  /** One reader's parts; undefined where there is nothing to show yet, or no such reader or language. */
  readonly filled: (reader: number, language: string) => FilledParts | undefined;
  readonly plan: () => MailPlan | undefined;
  /** The widget's own, which the edge may not have yet. */
  readonly pictures: () => readonly ImageFile[];
  readonly readers: () => readonly PreviewReader[];
  /** Called with every new state, until the function it returns is called. */
  readonly onChange: (listener: (state: WorkshopState) => void) => () => void;
  readonly close: () => void;
}

/** A language to look at the other direction with, where the widget has none of it. */
const otherDirection = "ar";
const excerptLines = 2;
const excerptCharacters = 300;

async function excerptOf({ file, line }: TemplateFault): Promise<ShownFault["excerpt"]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.split("\n");
  const first = Math.max(0, line - 1 - excerptLines);
  return text === ""
    ? []
    : lines.slice(first, line + excerptLines).map((content, index) => ({
        line: first + index + 1,
        text: content.slice(0, excerptCharacters),
      }));
}

interface Compilation extends CompiledMail {
  readonly columns: readonly string[];
  /** The widget's own languages. */
  readonly spoken: readonly string[];
}

/** What the author of a widget that could be compiled should see of it. */
async function warningsIn(file: string, { plan }: CompiledMail): Promise<TemplateFault[]> {
  if (plan === undefined) return [];
  const { warnings } = await readWarned(file);
  return warnings.map(({ line, place, message }) => ({
    severity: "warning",
    file,
    line,
    message: `${place}: ${message}`,
  }));
}

async function compile(workshop: Workshop): Promise<Compilation> {
  const { templateFile, edge, published, readers } = workshop;
  const failed = (faults: readonly TemplateFault[]): Compilation => ({
    plan: undefined,
    views: [],
    pictures: [],
    faults,
    files: [templateFile, workshop.widgetFile].filter((file) => file !== undefined),
    columns: [],
    spoken: [],
  });
  try {
    const text = templateFile === undefined ? "" : await readTemplate(templateFile);
    const named =
      workshop.widgetFile ??
      (templateFile === undefined ? "" : widgetOfTemplate(text, templateFile));
    if (typeof named !== "string") return failed(named);
    const widgetFile = relative(process.cwd(), named);
    const authored = { templateFile, widgetFile, edge, published, codes: "direct" } as const;
    const once = await compileAuthored({ ...authored, columns: readers?.columns });
    const turned = once.plan?.languages.some((language) => directionOf(language) === "rtl");
    const compiled =
      turned === false
        ? await compileAuthored({
            ...authored,
            columns: readers?.columns,
            alsoIn: [otherDirection],
          })
        : once;
    const faults = [...compiled.faults, ...(await warningsIn(widgetFile, compiled))];
    return { ...compiled, faults, columns: columnsOf(text), spoken: once.plan?.languages ?? [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return failed(faultsOf(error, templateFile ?? workshop.widgetFile ?? ""));
  }
}

const nameOf = (language: string): string =>
  new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? language;

const fieldsOf = (reader: PreviewReader | undefined): Readonly<Record<string, string>> =>
  reader?.fields ?? {};

/** Compiles, watches, and compiles again. Errors of the files are part of the state, never thrown. */
export async function openWorkshop(workshop: Workshop): Promise<OpenWorkshop> {
  const listeners = new Set<(state: WorkshopState) => void>();
  let last: Compilation | undefined;
  let readers: readonly PreviewReader[] = [];
  let version = 0;
  let state: WorkshopState;
  const filled = (reader: number, language: string): FilledParts | undefined => {
    const plan = last?.plan;
    if (plan === undefined || !plan.languages.includes(language)) return undefined;
    const { [reader]: chosen } = readers;
    return fillPlan(plan, language, sampleValues(plan, `reader ${reader}`, fieldsOf(chosen)));
  };

  async function refresh(): Promise<void> {
    const compiled = await compile(workshop);
    watch.follow(filesToWatch(workshop, compiled));
    const kept = compiled.plan === undefined && last?.plan !== undefined;
    if (!kept) last = compiled;
    readers = workshop.readers?.readers ?? inventedReaders(last?.columns ?? []);
    version += 1;
    const faults = await Promise.all(
      compiled.faults.map(async (fault) => ({ ...fault, excerpt: await excerptOf(fault) })),
    );
    state = {
      version,
      file: workshop.templateFile ?? workshop.widgetFile ?? "",
      faults,
      stale: kept,
      readers: readers.map(({ label, language }) => ({
        label,
        language: language ?? last?.plan?.languages[0] ?? "en",
      })),
      languages: kept ? state.languages : await languagesOf(last, filled),
    };
    for (const listener of listeners) listener(state);
  }

  // One after another: a slow compilation must not overtake the next one.
  let running = Promise.resolve();
  const watch = watchFiles(() => {
    running = running.then(refresh);
  });
  state = { version, file: "", faults: [], stale: false, readers: [], languages: [] };
  // A save during the first compilation is not lost.
  watch.follow(filesToWatch(workshop, { files: [], faults: [] }));
  await refresh();
  return {
    state: () => state,
    filled,
    plan: () => last?.plan,
    pictures: () => last?.pictures ?? [],
    readers: () => readers,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: watch.close,
  };
}

const bytes = (part = ""): number => Buffer.byteLength(part);

async function languagesOf(
  compiled: Compilation | undefined,
  filled: OpenWorkshop["filled"],
): Promise<WorkshopState["languages"]> {
  const languages = compiled?.plan?.languages ?? [];
  const choices = compiled?.plan?.choices.length ?? 0;
  return Promise.all(
    languages.map(async (tag) => {
      const parts = filled(0, tag) ?? { subject: "", html: "", amp: undefined, text: "" };
      return {
        tag,
        name: nameOf(tag),
        direction: directionOf(tag),
        borrowed: compiled?.spoken.includes(tag) === false,
        subject: parts.subject,
        bytes: { html: bytes(parts.html), amp: bytes(parts.amp), text: bytes(parts.text) },
        lint: await lintFilled(parts, tag, choices),
      };
    }),
  );
}

/** What was read, and what could not be: a file that appears must be seen as well. */
const filesToWatch = (
  { templateFile, widgetFile }: Workshop,
  { files, faults }: Pick<Compilation, "files" | "faults">,
): string[] => [
  ...new Set(
    [templateFile, widgetFile, ...files, ...faults.map(({ file }) => file)].filter(
      (file): file is string => file !== undefined && dirname(file) !== "",
    ),
  ),
];
