import { expect, test } from "vitest";
import { readAddress } from "../../widget/web/address.ts";

const campaign = "6Cxy0sMUsNM";
const invitation = "A_-9".repeat(34);

test("an invitation is read from the fragment", () => {
  expect(readAddress(`/a/${campaign}`, `#${invitation}`)).toEqual({ campaign, invitation });
});

test("an option tapped in the mail is read from behind the invitation", () => {
  expect(readAddress(`/a/${campaign}`, `#${invitation}.3.12`)).toEqual({
    campaign,
    invitation,
    choice: { question: 3, option: 12 },
  });
});

test("the last step of a slider of 101 is read", () => {
  expect(readAddress(`/a/${campaign}`, `#${invitation}.0.100`)?.choice).toEqual({
    question: 0,
    option: 100,
  });
});

test("an invitation in the path is read where click tracking dropped the fragment", () => {
  expect(readAddress(`/a/${campaign}/${invitation}`, "")).toEqual({ campaign, invitation });
  expect(readAddress(`/a/${campaign}/${invitation}/`, "#")).toEqual({ campaign, invitation });
});

test("the fragment wins over the path", () => {
  const other = "B".repeat(136);
  expect(readAddress(`/a/${campaign}/${other}`, `#${invitation}`)?.invitation).toBe(invitation);
});

for (const hash of ["", "#", "#..", `#${invitation}.1`, `#${invitation}.a.b`, "#%20", "#a b"])
  test(`no invitation is made up from the fragment ${JSON.stringify(hash.slice(-8))}`, () => {
    expect(readAddress(`/a/${campaign}`, hash)).toEqual({ campaign });
  });

for (const path of ["/", "/a/", "/b/x", "/a/x/y/z", "/a/x%2Fy"])
  test(`${path} is no campaign's address`, () => {
    expect(readAddress(path, "")).toBeUndefined();
  });
