import { afterEach, expect, test, vi } from "vitest";
import { arrive, readAddress } from "../../widget/web/address.ts";

const campaign = "6Cxy0sMUsNM";
const invitation = "A_-9".repeat(34);

afterEach(() => {
  vi.unstubAllGlobals();
});

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

test("hidden fields behind an invitation leave it and the tapped option as they are", () => {
  expect(readAddress(`/a/${campaign}`, `#${invitation}?source=a.1.2%20b`)).toEqual({
    campaign,
    invitation,
  });
  expect(readAddress(`/a/${campaign}`, `#${invitation}.3.12?source=?&x`)).toEqual({
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

test("what the link brought is there again after a reload, before any campaign has come", () => {
  const history = {
    state: null as unknown,
    replaceState(state: unknown, _: string, address: string) {
      this.state = state;
      vi.stubGlobal("location", new URL(address, "https://ask.example.org"));
    },
  };
  vi.stubGlobal("history", history);
  const link = `https://ask.example.org/a/${campaign}?source=shelf&lang=de#${invitation}?seat=12`;
  vi.stubGlobal("location", new URL(link));
  const first = arrive();
  expect(location.href).toBe(`https://ask.example.org/a/${campaign}?lang=de`);
  expect(first).toMatchObject({ campaign, invitation });
  const given = new URLSearchParams(first?.search);
  expect([given.get("source"), given.get("seat")]).toEqual(["shelf", "12"]);
  expect(arrive()).toEqual(first);
});
