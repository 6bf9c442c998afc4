// The whole visit as somebody hears it who does not see it. The expected texts are there to be read: transcripts/*.txt.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { Widget } from "../../sdk/schema/widget.ts";
import { dwellMilliseconds } from "../../widget/web/gesture.ts";
import { allKinds } from "../widget/fixtures/all-kinds.ts";
import { furtherKinds } from "../widget/fixtures/further-kinds.ts";
import { answerAll, byKeyboard, tabToMain } from "./answering.ts";
import { byKeyboard as furtherByKeyboard } from "./further.ts";
import { kindsStage } from "./kinds-visit.ts";
import { mainButton } from "./reader.ts";
import { transcribe, type Transcript } from "./transcript.ts";

/** Another order for each reader would be another text. */
const inOrder = Widget.parse({
  ...furtherKinds,
  questions: furtherKinds.questions.map((question) =>
    "shuffle" in question ? { ...question, shuffle: false } : question,
  ),
});

const at = kindsStage({ "basic-kinds": allKinds, "further-kinds": inOrder });

type Acts = Readonly<Record<string, (page: Page) => Promise<unknown>>>;

/** The fault has led into the first question's group, where Tab would lead out again. */
async function chooseSecond({ keyboard }: Page): Promise<void> {
  await keyboard.press("Space");
  await keyboard.press("ArrowDown");
}

/** From the first heading to the receipt, by keys alone. */
async function trip(page: Page, heard: Transcript, widget: Widget, acts: Acts): Promise<void> {
  const kindOf = new Map(widget.questions.map(({ id, kind }) => [id, kind]));
  const [first = ""] = Object.keys(acts);
  const recorded = Object.entries({ ...acts, [first]: chooseSecond }).map(
    ([id, act]) =>
      [
        id,
        async (here: Page) => {
          await heard.part(`${kindOf.get(id)}: ${id}`);
          await act(here);
        },
      ] as const,
  );
  await answerAll(page, Object.fromEntries(recorded), tabToMain);
  await heard.part("review");
  await page.waitForTimeout(dwellMilliseconds);
  await tabToMain(page);
  await page.locator(".receipt").waitFor();
  await heard.part("thanks");
}

for (const [name, widget, acts] of [
  ["basic-kinds", allKinds, byKeyboard],
  ["further-kinds", inOrder, furtherByKeyboard],
] as const)
  test(`what is said of ${name}`, async () => {
    const told: { heard?: Transcript } = {};
    const { page, leave } = await at.visit(name, {}, async (fresh) => {
      told.heard = await transcribe(fresh);
    });
    const { heard } = told;
    if (heard === undefined) throw new Error("nobody listens");
    await mainButton(page).waitFor();
    // The first button that leads past a required question, without an answer.
    await heard.part("arriving");
    await tabToMain(page);
    if (widget.intro !== undefined) {
      await page.locator(`#${widget.questions[0]?.id}-question`).waitFor();
      await heard.part("an answer that is required, and not given");
      await tabToMain(page);
    }
    await page.locator(".fault").waitFor();
    await trip(page, heard, widget, acts);
    await expect(`${heard.lines.join("\n").trim()}\n`).toMatchFileSnapshot(
      `transcripts/${name}.txt`,
    );
    await leave();
  });
