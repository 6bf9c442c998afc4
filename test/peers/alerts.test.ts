// Prometheus' own promtool reads the alerts and plays their cases. What needs no promtool is checked everywhere.
import { execFileSync, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const promtool = process.env["PROMTOOL"] ?? "promtool";
const there = spawnSync(promtool, ["--version"], { stdio: "ignore" }).status === 0;
const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): Promise<string> => readFile(`${root}${file}`, "utf8");
const rulesFile = `${root}docs/alerts.yaml`;
const casesFile = `${root}test/peers/alerts.test.yaml`;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
}

const rulesOf = async (): Promise<Rule[]> =>
  (parse(await read("docs/alerts.yaml")) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );

describe.skipIf(!there)(`promtool (${there ? promtool : "skipped: it is not installed"})`, () => {
  test("reads the rules", () => {
    expect(execFileSync(promtool, ["check", "rules", rulesFile], { encoding: "utf8" })).toContain(
      "SUCCESS",
    );
  });

  test("sees every alert fire where it must, and none where all is well", () => {
    const { status, stdout, stderr } = spawnSync(promtool, ["test", "rules", casesFile], {
      encoding: "utf8",
    });
    expect(`${status} ${stdout} ${stderr}`).toMatch(/^0 /);
  });
});

test("every alert has a case in which it fires, one in which it does not, and its line in the manual", async () => {
  const cases = parse(await read("test/peers/alerts.test.yaml")) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
  };
  const played = cases.tests.flatMap((played_) => played_.alert_rule_test);
  const manual = await read("docs/operating.md");
  const rules = await rulesOf();
  expect(rules.length).toBeGreaterThan(10);
  for (const { alert, labels } of rules) {
    const of = played.filter(({ alertname }) => alertname === alert);
    expect(`${alert} ${of.some(({ exp_alerts: fires }) => fires !== undefined)}`).toBe(
      `${alert} true`,
    );
    expect(`${alert} ${of.some(({ exp_alerts: fires }) => fires === undefined)}`).toBe(
      `${alert} true`,
    );
    expect(manual).toContain(`\`${alert}\``);
    expect(["page", "ticket"]).toContain(labels.severity);
  }
});

test("every figure that an alert or the manual names is one that a process tells", async () => {
  const sources = await Promise.all(
    ["edge/metrics.ts", "edge/routes/metrics.ts", "server/metrics.ts", "server/health.ts"].map(
      read,
    ),
  );
  const told = new Set(sources.join("\n").match(/(?<=")maily_[a-z_]+(?=")/g));
  const texts = [...(await rulesOf()).map(({ expr }) => expr), await read("docs/operating.md")];
  const named = new Set(texts.join("\n").match(/\bmaily_[a-z_]*[a-z]\b/g));
  expect(named.size).toBeGreaterThan(15);
  for (const name of named) expect(told).toContain(name.replace(/_bucket$/, ""));
});
