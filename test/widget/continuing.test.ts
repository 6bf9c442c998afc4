// What a reader who asked to continue later goes on with.
import { beforeAll, expect, test, vi } from "vitest";
import { checkMore } from "../../sdk/check-more.ts";
import { Question } from "../../sdk/schema/widget.ts";
import { equip } from "../../widget/web/more.ts";
import { continued } from "../../widget/web/pausing.tsx";

const rows = ["one", "two"].map((id) => ({ id, text: id }));
const asked = (id: string, kind: string, more: object) =>
  Question.parse({ id, kind, text: "?", ...more });
const grid = asked("grid", "matrix", { rows, columns: rows, required: true });
const sum = asked("sum", "constant-sum", { options: rows, total: 10 });
const mail = asked("mail", "email", {});
const dish = asked("dish", "single-choice", { options: rows });
const definition = { questions: [grid, sum, mail, dish], hidden: [{ id: "source" }] };

beforeAll(async () => {
  // The chunk listens for presses as soon as it is there.
  vi.stubGlobal("addEventListener", () => {});
  equip(await import("../../widget/web/kinds/more.ts"));
});

test("an answer that was only begun is there again", () => {
  const begun = { grid: ["one:two"], sum: ["one:3", "two:0"], mail: "lena@", dish: "two" };
  for (const question of [grid, sum, mail])
    expect(checkMore(question, begun[question.id as keyof typeof begun])).toBeDefined();
  expect(continued(definition, { ...begun, source: "shelf" })).toEqual({
    ...begun,
    source: "shelf",
  });
});

test("what is not asked any more is gone", () => {
  const gone = { grid: ["three:two"], sum: ["four:3"], dish: "three", another: "?", mail: 3 };
  expect(continued(definition, gone)).toEqual({});
});
