// Which purposes allow more than counting, and what an author may not ask.
import { expect, test } from "vitest";
import { activityPurposes, trainingPurposes } from "../../sdk/activities.ts";
import { checkWidget } from "../../sdk/check-widget.ts";
import { Widget } from "../../sdk/schema/widget.ts";

const widgetWith = (purposes: unknown): Widget =>
  Widget.parse({
    maily: 1,
    title: "Tea",
    languages: ["en"],
    questions: [{ id: "why", kind: "long-text", text: "Why?" }],
    notice: {
      version: 1,
      controller: { name: "Tea", contact: "privacy@tea.example" },
      text: "We count.",
      retentionDays: 30,
      purposes,
    },
  });

const results = { id: "results", text: "Count", required: true };

test("only purposes that say so allow activities or training", () => {
  const { notice } = widgetWith([
    results,
    { id: "shop", text: "Purchases", activities: true },
    { id: "learn", text: "Train", training: true },
    { id: "both", text: "Both", activities: true, training: true },
  ]);
  expect(activityPurposes(notice)).toEqual(["shop", "both"]);
  expect(trainingPurposes(notice)).toEqual(["learn", "both"]);
  expect(activityPurposes(widgetWith([results]).notice)).toEqual([]);
});

test.for(["activities", "training"])("nobody may have to agree to %s", (mark) => {
  expect(checkWidget(widgetWith([results, { id: "more", text: "More", [mark]: true }]))).toEqual(
    [],
  );
  const forced = [results, { id: "more", text: "More", [mark]: true, required: true }];
  expect(checkWidget(widgetWith(forced)).map(({ path }) => path)).toEqual([
    ["notice", "purposes", 1, "required"],
  ]);
});
