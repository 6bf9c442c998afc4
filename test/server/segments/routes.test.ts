// The routes, over HTTP, at a real server; its members follow answers that were really sealed.
import { expect, test } from "vitest";
import { ask } from "../../../cli/ask.ts";
import {
  checkSegment,
  deleteSegment,
  listSegments,
  putSegment,
  showSegment,
  stateLine,
} from "../../../cli/segments/told.ts";
import { Problem } from "../../../sdk/problem.ts";
import { TestRegion, until } from "../region.ts";
import { answerOf } from "../sealed.ts";
import { segmentOf } from "./settled.ts";

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
  return "taken";
};

test("a tenant declares segments over HTTP, and nobody else sees them", async () => {
  const region = await TestRegion.start();
  const campaign = await region.published();
  const asking = { server: region.origin, token: region.keys.tenant.token };
  const sql = "SELECT reader FROM current_answers WHERE question = 'roast' AND option_id = 'dark'";
  const segment = segmentOf("dark-roast", sql, { campaign: campaign.id, purpose: "results" });
  await putSegment(asking, segment);
  const answers = Array.from({ length: 6 }, () =>
    answerOf(region.keys, campaign, { answers: { roast: "dark" } }),
  );
  await region.take(...(await Promise.all(answers)));
  await until(async () => (await showSegment(asking, "dark-roast")).state.size === 6);
  const [state] = await listSegments(asking);
  expect(stateLine(state!)).toMatch(/6 {2}dark-roast/);
  expect(await checkSegment(asking, "dark-roast")).toMatchObject({
    missing: 0,
    extra: 0,
    members: 6,
  });
  expect(await codeOf(listSegments({ ...asking, token: "somebody-elses-token-0000" }))).toBe(
    "token-invalid",
  );
  expect(await codeOf(showSegment(asking, "other"))).toBe("segment-unknown");
  expect(await codeOf(showSegment(asking, "NO/such"))).toBe("segment-unknown");
  expect(await codeOf(putSegment(asking, { ...segment, sql: "SELECT * FROM answers" }))).toBe(
    "segment-sql",
  );
  expect(await codeOf(putSegment(asking, { ...segment, campaign: "T3RoZXJDYW0" }))).toBe(
    "segment-invalid",
  );
  const put = (body: string, headers = {}): Promise<unknown> =>
    ask(`${asking.server}/v1/segments/dark-roast`, {
      method: "PUT",
      body,
      headers: {
        authorization: `Bearer ${asking.token}`,
        "content-type": "application/json",
        ...headers,
      },
    });
  expect(await codeOf(put("{"))).toBe("malformed-request");
  expect(await codeOf(put(JSON.stringify({ ...segment, id: "other" })))).toBe("malformed-request");
  expect(await codeOf(put(JSON.stringify({ ...segment, floor: 1 })))).toBe("malformed-request");
  expect(await codeOf(put("x".repeat(40_000)))).toBe("body-too-large");
  expect(await codeOf(put("{}", { "content-type": "text/plain" }))).toBe("unsupported-media-type");
  await deleteSegment(asking, "dark-roast");
  expect(await listSegments(asking)).toEqual([]);
  expect(await codeOf(deleteSegment(asking, "dark-roast"))).toBe("segment-unknown");
});
