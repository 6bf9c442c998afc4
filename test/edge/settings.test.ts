// The bindings are parsed once, and again when any one of them changes.
import { expect, test } from "vitest";
import { settingsOf } from "../../edge/env.ts";
import { deploymentVariables } from "../../cli/deploy/deployment-variables.ts";
import { bindings, deployment, edge } from "./edge-under-test.ts";

test("the same bindings are parsed once", () => {
  expect(settingsOf({ ...bindings })).toBe(settingsOf({ ...bindings }));
});

test("REGIONS, DEPLOYMENT or SECRETS that changed are noticed, each alone", () => {
  const before = settingsOf(bindings);
  const { eu: _gone, ...less } = JSON.parse(bindings.REGIONS) as Record<string, unknown>;
  expect([...settingsOf({ ...bindings, REGIONS: JSON.stringify(less) }).links.keys()]).toEqual([
    "us",
    "apac",
  ]);
  const receiptKey = { ...edge.keys.edge.receiptKey, keyId: 9 };
  const secrets = JSON.stringify({ ...edge.keys.edge, receiptKey });
  expect(settingsOf({ ...bindings, SECRETS: secrets }).receiptKey.keyId).toBe(9);
  const operatorless = JSON.stringify({ ...deployment, operatorKeys: [] });
  expect(settingsOf({ ...bindings, DEPLOYMENT: operatorless }).operatorKeys.size).toBe(0);
  expect(settingsOf(bindings)).toEqual(before);
});

test("a DEPLOYMENT longer than a variable may be comes in pieces, and a piece that is missing is told", () => {
  const pieces = deploymentVariables(deployment);
  expect(Object.keys(pieces).length).toBeGreaterThan(1);
  for (const text of Object.values(pieces)) expect(text.length).toBeLessThanOrEqual(5_000);
  expect(settingsOf({ ...bindings, ...pieces }).directory).toEqual(settingsOf(bindings).directory);
  const { DEPLOYMENT_2: _missing, ...some } = pieces;
  expect(() => settingsOf({ ...bindings, ...some })).toThrow("The configuration is not valid");
});

test("another last piece alone is noticed", () => {
  const whole = deploymentVariables(deployment);
  const [last = ""] = Object.keys(whole).slice(-1);
  settingsOf({ ...bindings, ...whole });
  expect(() => settingsOf({ ...bindings, ...whole, [last]: "{" })).toThrow(
    "The configuration is not valid",
  );
});
