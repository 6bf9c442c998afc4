// How the further kinds behave: what they announce, refuse, repeat and keep.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { furtherKinds, pixelName } from "../widget/fixtures/further-kinds.ts";
import { kindsStage, widgetOf } from "./kinds-visit.ts";
import { expectAccessible, heading, mainButton, opened, pressToSend } from "./reader.ts";
import { short } from "./short-visit.ts";

const branching = widgetOf([
  {
    id: "age",
    kind: "number",
    required: true,
    text: "How old is your bicycle?",
    next: [{ when: { value: "wear", atLeast: 30 }, go: "farewell" }, { go: "care" }],
  },
  { id: "care", kind: "short-text", text: "Who cares for your [[age|old]] year old?" },
  { id: "farewell", kind: "short-text", text: "What became of it, [[missing-nobody|friend]]?" },
]);

const at = kindsStage({
  all: { ...furtherKinds, layout: "all" },
  one: furtherKinds,
  branching: {
    ...branching,
    calculated: [{ id: "wear", add: [{ question: "age", times: 2 }] }],
    hidden: [{ id: "missing-nobody" }],
  },
  basic: short,
});

const question = (page: Page, id: string) =>
  page.locator("section.question", { has: page.locator(`#${id}-question`) });

test("each kind is said with its role, name and state", async () => {
  const { page, leave } = await at.visit("all");
  await mainButton(page).waitFor();
  const said = (id: string) => question(page, id).ariaSnapshot();
  await page.getByRole("radio", { name: "Green hills The hills" }).check();
  expect(await said("place")).toContain('- radiogroup "Where to?":');
  expect(await said("place")).toMatch(
    /radio "Waves on a beach The sea"\n[^]*radio "Green hills The hills" \[checked\]/,
  );
  expect(await said("nights")).toContain('- textbox "How many nights?"');
  const days = await said("days");
  expect(days).toContain('- table "How do these suit you?":');
  for (const column of ["Badly", "Somehow", "Well"])
    expect(days).toContain(`- columnheader "${column}"`);
  expect(days).toContain('- rowheader "Leaving on Friday"');
  expect(days).toContain('- radio "Leaving on Friday Badly"');
  expect(await said("packing")).toContain('- checkbox "The tent Me"');
  expect(await said("mood")).toContain('- radio "7 of 7"');
  expect(await said("stars")).toContain('- radio "5 of 5"');
  expect(await said("again")).toContain('- radio "Yes"');
  expect(await said("money")).toContain('- textbox "Sleeping"');
  expect(await said("mail")).toContain('- textbox "Where shall we write to?"');
  const phone = await said("phone");
  expect(phone).toContain('- combobox "Country and its calling code"');
  expect(phone).toContain('option "Germany (+49)" [selected]');
  expect(await said("country")).toContain('- combobox "Where do you come from?');
  expect(await said("wishes")).toContain('- checkbox "Another wish"');
  await expectAccessible(page, "all on one page");
  await leave();
});

test("what is wrong is said beside its control, with what to do", async () => {
  const { page, posts, leave } = await at.visit("all");
  await mainButton(page).waitFor();
  const fill = (id: string, text: string) => page.locator(`#${id}`).fill(text);
  await fill("nights", "two");
  await fill("mail", "lena@nowhere");
  await fill("phone", "12");
  await question(page, "days").locator(".option").first().click();
  await page.locator(".sum input").first().fill("30");
  await page.getByRole("radio", { name: "Other…" }).check();
  await mainButton(page).click();
  const faultOf = (id: string) => page.locator(`#${id}-fault`).innerText();
  expect(await faultOf("place")).toBe("Please answer this to go on.");
  expect(await faultOf("nights")).toBe("Please write a number, such as 12.5.");
  expect(await faultOf("company")).toBe("Please say what, or choose another answer.");
  expect(await faultOf("days")).toBe("Please answer every row.");
  expect(await faultOf("money")).toBe("Please give away exactly 100.");
  expect(await faultOf("mail")).toContain("such as name@example.org");
  expect(await faultOf("phone")).toContain("with the country code");
  for (const id of ["nights", "mail", "phone"]) {
    const field = page.locator(`#${id}`);
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    expect(await field.getAttribute("aria-describedby")).toContain(`${id}-fault`);
  }
  // The row that has no answer, and no other.
  expect(await page.locator("#days-row-friday").getAttribute("aria-invalid")).toBeNull();
  expect(await page.locator("#days-row-sunday").getAttribute("aria-invalid")).toBe("true");
  expect(
    await page.evaluate(() => document.activeElement?.closest("section")?.dataset["kind"]),
  ).toBe("picture-choice");
  await expectAccessible(page, "with faults");
  // The focus goes to what is wrong within the question, once the questions before are right.
  await page.locator(".pictures .option").first().click();
  await fill("nights", "2");
  await mainButton(page).click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("company-other");
  await page.keyboard.type("My aunt");
  await mainButton(page).click();
  expect(await page.evaluate(() => document.activeElement?.closest("tr")?.textContent)).toContain(
    "Back on Sunday",
  );
  await fill("nights", "20");
  await mainButton(page).click();
  expect(await faultOf("nights")).toBe(
    "Please write a number from 0.5 to 14. Only in steps of 0.5.",
  );
  expect(posts).toEqual([]);
  await leave();
});

test("a sum says politely what is left, and is shared evenly at a press", async () => {
  const { page, leave } = await at.visit("all");
  const status = page.locator("[role=status].unseen");
  await page.locator(".sum input").first().fill("30");
  expect(await status.innerText()).toBe("Left to give: 70 of 100");
  await page.locator(".sum input").nth(1).fill("80");
  expect(await status.innerText()).toBe("Too much by 10");
  await page.getByRole("button", { name: "Share evenly" }).click();
  expect(await status.innerText()).toBe("All 100 given");
  const values = await page
    .locator(".sum input")
    .evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value));
  expect(values).toEqual(["34", "33", "33"]);
  await leave();
});

test("a reader's own words come back when their option is chosen again", async () => {
  const { page, leave } = await at.visit("all");
  const own = page.locator("#company-other");
  await page.getByRole("radio", { name: "Other…" }).click();
  expect(await own.evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("My aunt");
  await page.getByRole("radio", { name: "Just me" }).check();
  expect(await own.count()).toBe(0);
  await page.getByRole("radio", { name: "Other…" }).check();
  expect(await own.inputValue()).toBe("My aunt");
  await leave();
});

test("earlier answers, calculated values and hidden fields decide what is asked, and are said again as text", async () => {
  const markup = "<img src=x onerror=alert(1)>[[age|x]]";
  const { page, leave } = await at.visit("branching", {
    search: `?missing-nobody=${encodeURIComponent(markup)}`,
  });
  await page.locator("#age").fill("7");
  await mainButton(page).click();
  await page.locator("#care-question").waitFor();
  expect(await heading(page)).toContain("Who cares for your 7 year old?");
  await page.getByRole("button", { name: "Back" }).click();
  await page.locator("#age").fill("15");
  await mainButton(page).click();
  await page.locator("#farewell-question").waitFor();
  expect(await heading(page)).toContain(`What became of it, ${markup}?`);
  expect(await page.locator("main img").count()).toBe(0);
  await leave();
});

test("hidden fields leave the address at once, outlive a reload, and are shown before they are sent", async () => {
  const { page, posts, asked, leave } = await at.visit("branching", {
    search: "?missing-nobody=nobody",
    choice: "?missing-nobody=Ada&stray=1",
  });
  await page.locator("#age").waitFor();
  expect(page.url()).not.toMatch(/Ada|stray/);
  expect(await page.evaluate(() => JSON.stringify(history.state))).not.toContain("stray");
  await page.reload();
  await page.locator("#age").fill("40");
  await mainButton(page).click();
  await page.locator("#farewell-question").waitFor();
  expect(await heading(page)).toContain("What became of it, Ada?");
  await mainButton(page).click();
  expect(await page.locator(".also").innerText()).toContain("missing-nobody: Ada");
  await pressToSend(page);
  await page.locator(".receipt").waitFor();
  expect(opened(at.product, posts[0]).payload.answers).toEqual({
    age: 40,
    "missing-nobody": "Ada",
  });
  // What stands in the fragment wins, and no server was told.
  expect(asked.filter((address) => address.replace(/#.*/, "").includes("Ada"))).toHaveLength(0);
  await leave();
});

test("a picture that does not come leaves its name, and can be chosen", async () => {
  const { page, leave } = await at.visit("one", {}, (there) =>
    there.route(`**/images/${pixelName}`, (route) => route.abort()),
  );
  await page.locator(".pictures [data-broken]").first().waitFor({ state: "attached" });
  expect(await page.locator(".pictures img:visible").count()).toBe(0);
  await page.getByText("The hills").click();
  expect(await page.locator(".pictures input").nth(1).isChecked()).toBe(true);
  await leave();
});

test("an option tapped in the mail arrives chosen, in a kind of its own", async () => {
  const { page, leave } = await at.visit("one", { choice: ".0.1" });
  await page.locator(".pictures").waitFor();
  expect(await page.locator(".pictures input").nth(1).isChecked()).toBe(true);
  await leave();
});

/** How many of the scripts asked for have the words of the further kinds. */
async function chunksOf(asked: readonly string[]): Promise<number> {
  const scripts = [...new Set(asked.filter((address) => address.endsWith(".js")))];
  const texts = await Promise.all(scripts.map(async (address) => (await fetch(address)).text()));
  return texts.filter((text) => text.includes("Share evenly")).length;
}

test("a campaign of basic kinds asks for nothing of this", async () => {
  for (const [name, chunks] of [
    ["basic", 0],
    ["one", 1],
  ] as const) {
    const { page, asked, leave } = await at.visit(name);
    await mainButton(page).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await chunksOf(asked), name).toBe(chunks);
    await leave();
  }
});

/** Lets the chunk's script fail so many times. */
const failing = (times: number) => (page: Page) => {
  const left = { times };
  return page.route("**/assets/*.js", async (route) => {
    const response = await route.fetch();
    const isChunk = (await response.text()).includes("Share evenly");
    if (!isChunk || left.times === 0) return route.fulfill({ response });
    left.times -= 1;
    return route.abort();
  });
};

test("where the network fails it for long, the page says so, and a press tries again", async () => {
  // A browser may remember that a script failed, and fail the page's own tries without asking.
  const { page, leave } = await at.visit("one", {}, failing(3));
  await page.getByRole("heading", { name: "No connection" }).waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".pictures").waitFor();
  await leave();
});
