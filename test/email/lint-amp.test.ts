// Rules of text/x-amp-html, and of sizes.
import { describe, expect, test } from "vitest";
import { espNamed } from "../../widget/email/esp.ts";
import { ampDocument, document, lintParts, script, toldOfAmp } from "./lint-samples.ts";

const form = (inner: string, action = "https://e.example/v1/amp/answers") =>
  `<form method="post" action-xhr="${action}">${inner}<input type="submit" value="Send"></form>`;

describe("AMP", () => {
  test("says nothing of a sound part", async () => {
    expect(await toldOfAmp("<p>Hello</p>")).toEqual([]);
    expect(await toldOfAmp(form(""), script("amp-form"))).toEqual([]);
  });

  test("tells what the AMP project's validator says, at its line", async () => {
    expect(await toldOfAmp('<p>x</p>\n<img src="https://a.example/a.png" alt="">')).toEqual([
      "amp-validator 13:1",
    ]);
  });

  test("validates with samples in place of merge tags", async () => {
    const html = ampDocument(
      form('<input type="hidden" name="invitation" value="{{maily_invitation}}">') +
        '<a href="https://e.example/p/AAAAAAAAAAA#{{maily_invitation}}">Preferences</a>',
      script("amp-form"),
    );
    // Braces in an address do not pass by themselves.
    const told = await lintParts({ amp: html }, { alone: true, esp: espNamed("sendgrid") });
    expect(told).toEqual([]);
  });

  test.each(["AMP.navigateTo(url='https://a.example')", "AMP.print()", "AMP.goBack()"])(
    "finds %s, which passes the validator or not but never runs",
    async (action) => {
      const told = await toldOfAmp(`<p>x</p>\n<button on="tap:${action}">Go</button>`);
      expect(told).toContain("amp-action 13:1");
    },
  );

  test("finds a form in a form", async () => {
    const told = await toldOfAmp(form(`\n${form("")}`), script("amp-form"));
    expect(told).toContain("amp-nested-form 13:1");
  });

  test.each(["http://e.example/v1/amp/answers", "/v1/amp/answers", "//e.example/x"])(
    "finds a form that posts to %s",
    async (action) => {
      expect(await toldOfAmp(form("", action), script("amp-form"))).toContain(
        "amp-form-address 12:1",
      );
    },
  );

  test("finds a component that nothing uses", async () => {
    expect(await toldOfAmp("<p>x</p>", script("amp-bind"))).toContain("amp-component 6:1");
    expect(await toldOfAmp('<p [text]="a">x</p>', script("amp-bind"))).toEqual([]);
    expect(await toldOfAmp("<p>x</p>", script("amp-carousel"))).toContain("amp-component 6:1");
  });

  test("finds relative links", async () => {
    expect(await toldOfAmp('<a href="/news">News</a>')).toContain("link-address 12:1");
    expect(await toldOfAmp('<a href="#top">Top</a>')).toContain("link-address 12:1");
  });

  test("finds other mustache delimiters", async () => {
    const mustache =
      '<script async custom-template="amp-mustache" src="https://cdn.ampproject.org/v0/amp-mustache-0.2.js"></script>';
    const told = await toldOfAmp(
      form('<div submit-success>\n<template type="amp-mustache">{{=<% %>=}}</template></div>'),
      `${script("amp-form")}${mustache}`,
    );
    expect(told).toContain("amp-delimiters 13:31");
  });

  test("lets a mustache template keep its braces", async () => {
    const mustache =
      '<script async custom-template="amp-mustache" src="https://cdn.ampproject.org/v0/amp-mustache-0.2.js"></script>';
    const told = await toldOfAmp(
      form('<div submit-success><template type="amp-mustache">{{receipt}}</template></div>'),
      `${script("amp-form")}${mustache}`,
    );
    expect(told).toEqual([]);
  });

  test("finds a style attribute, and a sheet, that is too long", async () => {
    const long = `<p style="${"color:#000;".repeat(100)}">x</p>`;
    expect(await toldOfAmp(long)).toContain("amp-style-size 12:1");
    const sheet = `<style amp-custom>${".a{color:#000}".repeat(5_400)}</style>`;
    const html = ampDocument("<p>x</p>").replace("<style amp-custom></style>", sheet);
    const rules = (await lintParts({ amp: html })).map(({ rule }) => rule);
    expect(rules).toContain("amp-style-size");
  });

  test("wants the doctype and the character set first", async () => {
    const late = ampDocument("<p>x</p>")
      .replace('<meta charset="utf-8">\n', "")
      .replace("</head>", '<meta charset="utf-8">\n</head>');
    const told = (await lintParts({ amp: late })).map(({ rule, line }) => `${rule} ${line}`);
    expect(told).toContain("amp-boilerplate 4");
    const bare = ampDocument("<p>x</p>").replace("<!doctype html>\n", "");
    const rules = (await lintParts({ amp: bare })).map(({ rule, line }) => `${rule} ${line}`);
    expect(rules).toContain("amp-boilerplate 1");
  });
});

const filler = (bytes: number) => "<p>x</p>".repeat(Math.ceil(bytes / 8));
const sizes = async (html: string, name?: string) =>
  (
    await lintParts(
      { html },
      name === undefined ? { alone: true } : { alone: true, esp: espNamed(name) },
    )
  )
    .filter(({ rule }) => rule.endsWith("-size"))
    .map(({ rule, severity }) => `${severity} ${rule}`);

const ampSizes = async (bytes: number) =>
  (await lintParts({ amp: ampDocument(filler(bytes)) }))
    .filter(({ rule }) => rule === "amp-size")
    .map(({ severity }) => severity);

const fieldsOf = async (name: string, choices: number) =>
  (await lintParts({ text: "x" }, { alone: true, esp: espNamed(name), choices }))
    .filter(({ part }) => part === "fields")
    .map(({ rule, severity }) => `${severity} ${rule}`);

describe("sizes", () => {
  test("tells before Gmail clips, and when it does", async () => {
    expect(await sizes(document(filler(80_000)))).toEqual([]);
    expect(await sizes(document(filler(92_000)))).toEqual(["warning html-size"]);
    expect(await sizes(document(filler(103_000)))).toEqual(["error html-size"]);
  });

  test("counts what the service adds", async () => {
    const links = Array.from({ length: 50 }, () => '<a href="https://s.example/">Go</a>').join("");
    const html = document(filler(86_000) + links);
    expect(await sizes(html)).toEqual([]);
    expect(await sizes(html, "sendgrid")).toEqual(["error html-size"]);
  });

  test("counts values, not merge tags", async () => {
    const links = Array.from(
      { length: 200 },
      () =>
        '<a clicktracking="off" href="https://e.example/a/AAAAAAAAAAA#{{maily_invitation}}">Go</a>',
    ).join("");
    const html = document(filler(62_000) + links);
    expect(Buffer.byteLength(html)).toBeLessThan(90_000);
    expect(await sizes(html, "sendgrid")).toEqual(["error html-size"]);
  });

  test("tells of a style block that Gmail drops", async () => {
    const style = `<style>${".a{color:#000}".repeat(1_300)}</style>`;
    expect(await sizes(document("<p>x</p>", style))).toEqual(["warning style-size"]);
    expect(await sizes(document("<p>x</p>", "<style>.a{color:#000}</style>"))).toEqual([]);
  });

  test("tells of an AMP part that is large, and of one that no client takes", async () => {
    expect(await ampSizes(90_000)).toEqual([]);
    expect(await ampSizes(110_000)).toEqual(["warning"]);
    expect(await ampSizes(201_000)).toEqual(["error"]);
  });

  test("tells of a column that holds fewer codes than there are", async () => {
    expect(await fieldsOf("braze", 11)).toEqual([]);
    expect(await fieldsOf("braze", 12)).toEqual(["error field-size"]);
    expect(await fieldsOf("salesforce", 182)).toEqual(["error field-size"]);
    // Where no AMP part goes, no codes do.
    expect(await fieldsOf("mailchimp", 200)).toEqual(["note amp-carried"]);
    expect(await fieldsOf("klaviyo", 200)).toEqual(["note amp-carried"]);
    expect(await fieldsOf("sendgrid", 200)).toEqual([]);
  });
});
