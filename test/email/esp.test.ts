// Each service's template: the tags where they belong, and a sound mail once the service has filled them.
import { beforeAll, describe, expect, test } from "vitest";
import { slotToken, templateOf } from "../../sdk/mail-plan.ts";
import { Problem } from "../../sdk/problem.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { validateAmp } from "../../widget/email/amp-validator.ts";
import { compileMail } from "../../widget/email/compile.ts";
import {
  codesField,
  codesFor,
  espNamed,
  espNames,
  espParts,
  espValues,
  invitationField,
  type Esp,
} from "../../widget/email/esp.ts";
import { lintInputOf, lintMail } from "../../widget/email/lint.ts";
import { readMarkup } from "../../widget/email/lint-markup.ts";
import { fiveByTen } from "./fixtures/fixtures.ts";

const edge = "https://answers.sender.example";
const campaign = "AAAAAAAAAAA";
const invitation = "AQEBAAAAAAEAAAAAAAAAAAAA".padEnd(136, "x");

const { notice, ...definition } = fiveByTen.widget;
const planFor = (codes: "direct" | "packed"): MailPlan =>
  compileMail({ id: campaign, revision: 1, definition, notice }, { edge, codes });

let plans: Record<"direct" | "packed", MailPlan>;
beforeAll(() => {
  plans = { direct: planFor("direct"), packed: planFor("packed") };
});

const codeOf = (index: number): string => `code${index}`.padEnd(22, "_");

/** What a service makes of its template for one reader. */
function filledBy(esp: Esp, template: string, choices: number): string {
  const codes = Array.from({ length: choices }, (_, index) => codeOf(index));
  const slices = codes.map((code, index) => [esp.slice?.(codesField, index), code] as const);
  return [
    ...slices.reverse(),
    [esp.mergeTag(invitationField), invitation] as const,
    [esp.mergeTag(codesField), codes.join("")] as const,
  ].reduce(
    (text, [tag, value]) => (tag === undefined ? text : text.replaceAll(tag, value)),
    template,
  );
}

describe.each(espNames)("%s", (name) => {
  const esp = espNamed(name);
  const parts = () => espParts(esp, plans[codesFor(esp)], "en");

  test("has its merge tags in the template, unescaped", () => {
    const { text, html } = parts();
    const tag = esp.mergeTag(invitationField);
    expect(text).toContain(tag);
    expect(html).toContain(tag);
    expect(html).not.toContain("~maily.");
  });

  test("links to the page, with the option chosen, once it is filled", () => {
    const { choices } = plans.direct;
    const filled = filledBy(esp, parts().html, choices.length);
    const links = readMarkup(filled)
      .elements.map(({ attributes }) => attributes.get("href") ?? "")
      .filter((href) => href.startsWith(`${edge}/a/`));
    expect(links.length).toBeGreaterThan(choices.length - 1);
    for (const link of links) {
      const { pathname, hash, searchParams } = new URL(link);
      expect(pathname).toBe(
        esp.tracking.linkForm === "path" ? `/a/${campaign}/${invitation}` : `/a/${campaign}`,
      );
      expect(hash).toMatch(new RegExp(`^#${invitation}(\\.\\d\\.\\d)?$`));
      expect(searchParams.get("lang")).toBe("en");
    }
    expect(links.filter((link) => /\.\d\.\d$/.test(link)).length).toBeGreaterThanOrEqual(50);
  });

  test("tells its tracking to leave our links alone where it can be told", () => {
    const mark = esp.tracking.untracked;
    const links = readMarkup(filledBy(esp, parts().html, 50)).elements.filter(
      ({ name: element, attributes }) =>
        element === "a" && attributes.get("href")?.startsWith(edge) === true,
    );
    expect(links.length).toBeGreaterThan(50);
    for (const { attributes } of links) {
      if (mark === undefined) continue;
      if ("className" in mark)
        expect(attributes.get("class")?.split(" ")).toContain(mark.className);
      else
        for (const attribute of mark.attribute.split(" "))
          expect(attributes.has(attribute.split("=")[0] ?? "")).toBe(true);
      // A second class attribute would have cost the link its look.
      expect(attributes.get("class")).toMatch(/m-/);
    }
  });

  test("carries the AMP part where the service does, valid and with every code in its place", async () => {
    const { amp } = parts();
    const takes = esp.amp.carries === "yes" || esp.amp.carries === "on-application";
    expect(amp !== undefined).toBe(takes);
    if (amp === undefined) return;
    const { choices } = plans[codesFor(esp)];
    const filled = filledBy(esp, amp, choices.length);
    expect(await validateAmp(filled)).toEqual([]);
    for (const index of choices.keys()) expect(filled).toContain(codeOf(index));
  });

  test("has nothing wrong that a change of the template would mend", async () => {
    const findings = await lintMail(lintInputOf(plans[codesFor(esp)], esp));
    // What a column holds, and that a service takes no AMP, is the service's.
    expect(findings.filter(({ part }) => part !== "fields")).toEqual([]);
  });

  test("says plainly what it takes", () => {
    expect(esp.amp.says).toMatch(/\.$/);
    expect(esp.field.says).toMatch(/\.$/);
    expect(esp.tracking.says).toMatch(/\.$/);
    if (esp.fetch === undefined) return;
    expect(esp.fetch.snippet("https://eu.sender.example", "html")).toContain(
      "https://eu.sender.example/v1/render?",
    );
  });
});

test("a service is known by its name, however written", () => {
  expect(espNamed("Customer.io").name).toBe("customerio");
  expect(espNamed("Salesforce Marketing Cloud").name).toBe("salesforce");
  expect(espNamed("Amazon SES").name).toBe("ses");
  expect(espNamed("SendGrid").title).toBe("SendGrid");
});

test("an unknown service is refused with the names there are", () => {
  for (const name of ["", "brevo", "__proto__", "constructor"])
    expect(() => espNamed(name)).toThrow(Problem);
});

const sliceOf = (name: string, index: number) => espNamed(name).slice?.("maily_codes", index);

test("slices are the codes of the packed column, in each language's own counting", () => {
  expect(sliceOf("braze", 2)).toBe("{{custom_attribute.${maily_codes} | slice: 44, 22}}");
  expect(sliceOf("customerio", 0)).toBe("{{customer.maily_codes | slice: 0, 22}}");
  expect(sliceOf("klaviyo", 1)).toBe("{{person|lookup:'maily_codes'|slice:'22:44'}}");
  expect(sliceOf("salesforce", 1)).toBe("%%=Substring(maily_codes,23,22)=%%");
  expect(sliceOf("sendgrid", 0)).toBeUndefined();
});

test("a service that cannot slice refuses a plan with single codes, and says what to do", () => {
  const sendgrid = espNamed("sendgrid");
  expect(() => espValues(sendgrid, plans.direct)).toThrow(Problem);
  expect(espValues(sendgrid, plans.packed).packed).toBe("{{maily_codes}}");
});

const field = (encode: "html" | "text" | "url") =>
  slotToken({ slot: "field", name: "first_name", encode });

test("columns of the readers file become tags that escape as their place wants", () => {
  const plan: MailPlan = {
    ...plans.packed,
    parts: {
      en: {
        subject: templateOf(field("text")),
        text: templateOf(field("text")),
        html: templateOf(`<a href="https://s.example/?n=${field("url")}">${field("html")}</a>`),
      },
    },
  };
  const html = (name: string) => espParts(espNamed(name), plan, "en").html;
  expect(html("braze")).toBe(
    '<a href="https://s.example/?n={{custom_attribute.${first_name} | url_encode}}">{{custom_attribute.${first_name} | escape}}</a>',
  );
  expect(html("klaviyo")).toBe(
    "<a href=\"https://s.example/?n={{person|lookup:'first_name'|urlencode}}\">{{person|lookup:'first_name'|escape}}</a>",
  );
  // Mailchimp's tags have at most ten characters.
  expect(html("mailchimp")).toBe(
    '<a href="https://s.example/?n=*|URL:FIRST_NAME|*">*|FIRST_NAME|*</a>',
  );
  expect(espParts(espNamed("sendgrid"), plan, "en").subject).toBe("{{{first_name}}}");
});

test("Mailchimp's short tags stay apart", () => {
  const { fieldName } = espNamed("mailchimp");
  expect([fieldName(invitationField), fieldName(codesField)]).toEqual(["MAILY_INVI", "MAILY_CODE"]);
});

test("links to preferences have their own address in the path form", () => {
  const { html } = espParts(espNamed("hubspot"), plans.packed, "en");
  expect(html).toContain(`${edge}/u/{{contact.maily_invitation}}?lang=en`);
  expect(html).not.toContain(`${edge}/p/`);
});
