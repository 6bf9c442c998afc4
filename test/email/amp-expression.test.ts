// The demo's reading of amp-bind: what it takes, and what it must refuse so that our mails are tested against the real limits.
import { expect, test } from "vitest";
import { actionsOn, allActions } from "../../demo/amp-actions.ts";
import { nodesMax, readExpression } from "../../demo/amp-expression.ts";
import type { Scope, Value } from "../../demo/amp-values.ts";

const scope: Scope = {
  at: { step: 2, path: [0, 1], view: "ask" },
  chosen: { q0: 3, q1: ",0,2," },
  text: "it",
};

const taken: readonly (readonly [expression: string, value: Value])[] = [
  ["1+2*3", 7],
  ["(1+2)*3", 9],
  ["-2+3", 1],
  ["+'4'", 4],
  ["!at.fault&&at.step==2", true],
  ["at.step>1?at.step<=2?'two':'more':'few'", "two"],
  ["at.missing", null],
  ["missing.member", null],
  ["at.path[5]", null],
  ["at.path[at.path.length-1]", 1],
  ["at.path.concat([at.step])", [0, 1, 2]],
  ["at.path.slice(0,at.path.length-1)", [0]],
  ["chosen.q1.split(',2,').join(',')", ",0,"],
  ["chosen.q1.indexOf(',2,')>=0", true],
  ["chosen['q'+0]", 3],
  ["'abcdef'.substr(2*1,2)", "cd"],
  ["round(10*2/3)", 7],
  ["[1,2,3].map(x=>x*at.step)", [2, 4, 6]],
  ["[1,5,3].reduce((a,b)=>b>a?b:a)", 5],
  ["[[1,2],[3]].map(x=>x.map(y=>y+1)).join('|')", "2,3|4"],
  ["{at:{step:at.step+1,'view':\"x\"}}", { at: { step: 3, view: "x" } }],
  ["text.toUpperCase()", "IT"],
];

for (const [expression, value] of taken)
  test(`reads ${expression}`, () => expect(readExpression(expression)(scope)).toEqual(value));

const unreadable = [
  "",
  "1+",
  "at.step = 3",
  "at..step",
  "{a 1}",
  "'open",
  "`template`",
  "function(){}",
  "new Date()",
  "x=>x",
  "[1].map((x)=>x)",
  "[1].reduce((a,b)=>a+b,0)",
  "fetch('https://x.example')",
  "at.step # 2",
];
for (const expression of unreadable)
  test(`cannot read ${expression || "nothing"}`, () => {
    expect(() => readExpression(expression)).toThrow("amp-bind");
  });

const refused = [
  "at.path.push(1)",
  "at.path.constructor()",
  "text.repeat(9)",
  "text.constructor('x')",
  "at.toString()",
  "at.path.concat(at)",
];
for (const expression of refused)
  test(`does not call ${expression}`, () => {
    expect(() => readExpression(expression)(scope)).toThrow("amp-bind");
  });

test("sees no member that is inherited", () => {
  for (const name of ["constructor", "__proto__", "toString"])
    expect(readExpression(`at.${name}`)(scope)).toBe(null);
});

const sum = (terms: number): string => Array.from({ length: terms }, () => "1").join("+");

test("refuses an expression of more nodes than amp-bind takes", () => {
  const longest = (nodesMax + 1) / 2;
  expect(readExpression(sum(Math.floor(longest)))({})).toBe(Math.floor(longest));
  expect(() => readExpression(sum(Math.floor(longest) + 1))).toThrow("nodes");
});

test("cuts actions at commas and semicolons, but not inside brackets and quotes", () => {
  const on =
    "tap:AMP.setState({a:{b:'x;y,)'}}),sheet.focus;change:f.submit,top.scrollTo(duration=0)";
  expect(actionsOn(on, "tap")).toEqual([
    { target: "AMP", method: "setState", argument: "{a:{b:'x;y,)'}}" },
    { target: "sheet", method: "focus", argument: "" },
  ]);
  expect(actionsOn(on, "change")).toHaveLength(2);
  expect(actionsOn(on, "submit")).toEqual([]);
  expect(allActions(on)).toHaveLength(4);
});

test.each(["tap:", "tap:AMP.setState({a:1}", "tap:alert(1)", "tap:a.b.c"])(
  "does not take %s for actions that it knows",
  (on) => {
    const read = (): unknown => {
      const actions = actionsOn(on, "tap");
      if (actions.length === 0) throw new Error("AMP: none");
      return actions;
    };
    expect(read).toThrow("AMP");
  },
);
