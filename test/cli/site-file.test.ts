// `site` in a widget file: every fault at its place, and what to write instead.
import { expect, test } from "vitest";
import { parseWidget, type PlacedFault } from "../../cli/widget-file.ts";
import { Problem } from "../../sdk/problem.ts";
import { isOriginOfSite, regionOfVisitor } from "../../sdk/schema/site.ts";

const yaml = (site: string): string => `maily: 1
title: Lunch
languages: [en]
questions: [{ id: dish, kind: yes-no, text: Soup? }]
notice:
  version: 1
  controller: { name: The Canteen, contact: privacy@canteen.example }
  retentionDays: 30
  text: We count.
  purposes: [{ id: results, text: Count answers, required: true }]
site: ${site}
`;

function faultsOf(site: string): PlacedFault[] {
  try {
    parseWidget(yaml(site));
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.members["errors"] as PlacedFault[]; // parseWidget's.
  }
}

const shop = "origins: [https://shop.example]";
const rule = "must be one of `{ is: eu }` and `{ byCountry: { DE: eu, US: us } }`";

test("a site has origins, a rule, and a day for a visit unless told", () => {
  const { site } = parseWidget(yaml(`{ ${shop}, region: { is: eu } }`));
  expect(site).toEqual({
    origins: ["https://shop.example"],
    region: { is: "eu" },
    visitHours: 24,
  });
});

test.each([
  [`{ ${shop}, region: eu }`, "site.region", rule],
  [`{ ${shop} }`, "site.region", rule],
  [`{ ${shop}, region: { is: eu, byCountry: { DE: eu } } }`, "site.region", rule],
  [`{ ${shop}, region: { is: mars } }`, "site.region.is", "write one of: eu, us, apac"],
  [
    `{ ${shop}, region: { byCountry: { de: eu } } }`,
    "site.region.byCountry.de",
    "must be two capital letters, such as DE (ISO 3166-1)",
  ],
  [
    `{ ${shop}, region: { byCountry: { DE: mars } } }`,
    "site.region.byCountry.DE",
    "write one of: eu, us, apac",
  ],
  [`{ ${shop}, region: { byCountry: {} } }`, "site.region.byCountry", "names 1 to 250 countries"],
  [
    `{ ${shop}, region: { is: eu }, visitHours: 721 }`,
    "site.visitHours",
    "is too long or too large; at most 720",
  ],
])("%s is told at %s", (site, place, message) => {
  expect(faultsOf(site)).toEqual([expect.objectContaining({ line: 11, place, message })]);
});

test("an origin that is a page's address is told what an origin is", () => {
  const [fault] = faultsOf("{ origins: [https://shop.example/cart], region: { is: eu } }");
  expect(fault).toMatchObject({ place: "site.origins.0" });
  expect(fault?.message).toContain("no path, no slash at the end");
});

test("a name below a domain is of its wildcard; the domain itself, and what only ends so, is not", () => {
  const origins = ["https://*.shop.example", "https://*.port.example:8443"];
  const is = (origin: string): boolean => isOriginOfSite({ origins }, origin);
  expect(is("https://a.shop.example")).toBe(true);
  expect(is("https://a-1.b.shop.example")).toBe(true);
  expect(is("https://a.port.example:8443")).toBe(true);
  for (const origin of [
    "https://shop.example",
    "https://.shop.example",
    "https://evilshop.example",
    "http://a.shop.example",
    "https://a.shop.example:444",
    "https://a.port.example",
    "https://a.shop.example.evil.example",
    "https://evil.example/.shop.example",
    "https://evil.example#.shop.example",
    "https://evil.example@.shop.example",
    "null",
    "",
  ])
    expect(is(origin), origin).toBe(false);
});

test("a country that a rule does not name has no region, whatever an object has beside", () => {
  const region = { byCountry: { DE: "eu" } } as const;
  expect(regionOfVisitor({ region }, "DE")).toBe("eu");
  for (const country of ["FR", "constructor", "__proto__", "", undefined])
    expect(regionOfVisitor({ region }, country)).toBeUndefined();
  expect(regionOfVisitor({ region: { is: "us" } }, undefined)).toBe("us");
});
