import { expect, test } from "vitest";
import { TestRegion, until } from "./region.ts";
import { answerOf } from "./sealed.ts";

test("an answer is opened, checked and counted in the results within moments", async () => {
  const region = await TestRegion.start();
  const campaign = await region.published();
  const answer = await answerOf(region.keys, campaign, {
    answers: {
      roast: "dark",
      extras: ["oat", "sugar"],
      order: ["price", "taste"],
      stars: 4,
      recommend: 9,
      strength: 0.3,
      again: "yes",
      why: "Because it is Tuesday",
      since: "2024-02-29",
      terms: "agreed",
    },
  });
  expect(await region.take(answer)).toEqual([{ status: "stored" }]);
  await until(async () => (await region.results(campaign)).answers === 1);
  const results = await region.results(campaign);
  expect(results).toMatchObject({
    campaign: campaign.id,
    region: "eu",
    title: "Coffee",
    submissions: 1,
  });
});
