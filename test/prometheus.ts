// A strict reader of the Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): what Prometheus would
// refuse or take silently for something else throws here.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
};
const sampleForm = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? (NaN|[+-]?Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const labelForm = /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/gy;

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelForm.lastIndex = 0;
  let end = 0;
  for (const match of text.matchAll(labelForm)) {
    const [whole, name = "", value = ""] = match;
    if (name in labels) throw new Error(`label ${name} twice`);
    labels[name] = value;
    end += whole.length;
  }
  if (end !== text.length || text.endsWith(",")) throw new Error(`not labels: ${text}`);
  return labels;
}

const rising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number >= (numbers[index - 1] ?? Infinity));

function checkHistogram(name: string, { samples }: Family): void {
  const series = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...others } = sample.labels;
    const key = JSON.stringify(others);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, of] of series) {
    const buckets = of.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(labels["le"]?.replace("+Inf", "Infinity")));
    const counts = buckets.map(({ value }) => value);
    const count = of.find((sample) => sample.name === `${name}_count`)?.value;
    if (!rising(bounds) || !rising(counts) || bounds.at(-1) !== Infinity || counts.at(-1) !== count)
      throw new Error(`${name}${key} is no histogram`);
    if (!of.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name} has no sum`);
  }
}

/** Families by name. Throws Error that names the line. */
export function readMetrics(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current: { name: string; family: Family } | undefined;
  let help: { name: string; text: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      help = { name, text: rest };
    } else if (kind === "TYPE") {
      if (help?.name !== name) throw new Error(`no HELP before: ${line}`);
      if (families.has(name)) throw new Error(`twice: ${line}`);
      if (!(rest in suffixes)) throw new Error(`unknown type: ${line}`);
      // OpenMetrics and Prometheus' naming conventions: what only grows is named so, and nothing else is.
      if ((rest === "counter") !== name.endsWith("_total"))
        throw new Error(`named wrongly: ${line}`);
      current = { name, family: { help: help.text, type: rest, samples: [] } };
      families.set(name, current.family);
    } else {
      const [, sample = "", labels = "", value = ""] = sampleForm.exec(line) ?? [];
      if (current === undefined || sample === "") throw new Error(`not a sample: ${line}`);
      const { family } = current;
      const suffix = sample.slice(current.name.length);
      if (!sample.startsWith(current.name) || !suffixes[family.type]?.includes(suffix))
        throw new Error(`not of ${current.name}: ${line}`);
      const series = line.slice(0, line.lastIndexOf(" "));
      if (seen.has(series)) throw new Error(`twice: ${line}`);
      seen.add(series);
      family.samples.push({
        name: sample,
        labels: labelsOf(labels),
        value: Number(value.replace("Inf", "Infinity")),
      });
    }
  }
  for (const [name, family] of families)
    if (family.type === "histogram") checkHistogram(name, family);
  return families;
}

/** The value of the one series that has these labels among its own; NaN where there is none. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = (families.get(name)?.samples ?? []).filter((sample) =>
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  if (found.length > 1) throw new Error(`${name} has ${found.length} series of these labels`);
  return found[0]?.value ?? Number.NaN;
}
