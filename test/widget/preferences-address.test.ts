import { expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import { readPreferencesAddress } from "../../widget/preferences/address.ts";

/** The form of an invitation, to one campaign; whether it is genuine is the edge's to say. */
const bytes = new Uint8Array(102).fill(7);
bytes.set([1, 1, 1, 0]);
const invitation = base64url(bytes);
const campaign = base64url(bytes.slice(8, 16));

test("an invitation is read from the fragment", () => {
  expect(readPreferencesAddress(`/p/${campaign}`, `#${invitation}`)).toEqual({
    campaign,
    invitation,
  });
});

test("an invitation in the path names its campaign itself", () => {
  expect(readPreferencesAddress(`/u/${invitation}`, "")).toEqual({ campaign, invitation });
  expect(readPreferencesAddress(`/u/${invitation}/`, "#top")).toEqual({ campaign, invitation });
});

test("a page without its invitation still knows the campaign", () => {
  expect(readPreferencesAddress(`/p/${campaign}`, "")).toEqual({ campaign });
});

for (const path of [`/u/${invitation.slice(1)}`, "/u/x", "/u/", "/p/", `/a/${campaign}`, "/"])
  test(`no campaign is made up from ${path.slice(0, 12)}, ${path.length} characters`, () => {
    expect(readPreferencesAddress(path, `#${invitation}`)).toBeUndefined();
  });
