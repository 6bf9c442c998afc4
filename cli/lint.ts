// `maily lint`: where a mail would break, why, and how to mend it.
import { Option, type Command } from "commander";
import { espNamed, espNames } from "../widget/email/esp.ts";
import { lintMail, type Finding } from "../widget/email/lint.ts";
import { origin } from "./arguments.ts";
import { mailsAt } from "./lint-input.ts";
import type { TemplateFault } from "../widget/mjml/render.ts";

export interface FileFinding extends Finding {
  readonly file: string;
}

/** A widget file by itself is no part of a mail. */
const widgetRule = "widget";

/** A template's or widget's fault beside what the rules find. */
const findingOf = ({ severity, file, line, message }: TemplateFault): Finding => {
  const found = { severity, part: "html", line, column: 1, message } as const;
  return /\.ya?ml$/i.test(file)
    ? { ...found, rule: widgetRule, remedy: "Mend the widget at this line." }
    : { ...found, rule: "template", remedy: "Mend the template or its widget at this line." };
};

const marks = { error: "✗", warning: "!", note: "·" } as const;

/** One finding as lines of text: where, why, how to mend. */
export function findingLines({
  file,
  part,
  language,
  line,
  column,
  severity,
  rule,
  message,
  remedy,
}: FileFinding): string[] {
  const where = rule === widgetRule ? "" : ` (${[part, language].filter(Boolean).join(" ")})`;
  return [
    `${marks[severity]} ${file}${where} ${line}:${column} ${severity}: ${rule}`,
    `    ${message}`,
    `    → ${remedy}`,
  ];
}

const counted = (findings: readonly Finding[], severity: Finding["severity"]): string => {
  const count = findings.filter((finding) => finding.severity === severity).length;
  return `${count} ${severity}${count === 1 ? "" : "s"}`;
};

interface LintCommandOptions {
  readonly esp?: string;
  readonly edge: string;
  readonly json: boolean;
  readonly strict: boolean;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function run(paths: readonly string[], options: LintCommandOptions): Promise<void> {
  const esp = options.esp === undefined ? undefined : espNamed(options.esp);
  const all: FileFinding[] = [];
  let mails = 0;
  for (const path of paths)
    for await (const { name, input, faults = [] } of mailsAt(path, { esp, edge: options.edge })) {
      mails += 1;
      const found = [
        ...faults.map((fault) => ({ file: fault.file, ...findingOf(fault) })),
        ...(input === undefined ? [] : await lintMail(input)).map((finding) => ({
          file: name,
          ...finding,
        })),
      ];
      if (!options.json) for (const finding of found) findingLines(finding).forEach(say);
      all.push(...found);
    }
  if (options.json) say(JSON.stringify(all, null, 2));
  complain(
    `${mails} ${mails === 1 ? "mail" : "mails"}: ${counted(all, "error")}, ${counted(all, "warning")}, ${counted(all, "note")}`,
  );
  const failing = all.some(
    ({ severity }) => severity === "error" || (options.strict && severity === "warning"),
  );
  if (failing) process.exitCode = 1;
}

/** Adds `maily lint`. Exit status 1 where there is an error, with --strict also where there is a warning. */
export function addLintCommand(program: Command): void {
  program
    .command("lint")
    .description("look mails over before they are sent: where, why, how to mend it")
    .argument(
      "<files...>",
      "widget.yaml, .eml, .html, .amp.html, .txt, mail.plan.json, template.mjml, or folders of them",
    )
    .addOption(new Option("--esp <name>", `the sending service it is for: ${espNames.join(", ")}`))
    .addOption(
      new Option("--edge <origin>", "for templates: the edge's address")
        .argParser(origin)
        .default("https://edge.example"),
    )
    .option("--json", "as JSON", false)
    .option("--strict", "warnings fail too", false)
    .action(run);
}
