import * as fc from "fast-check";
import { expect, test } from "vitest";
import { mirrorCss } from "../../widget/mjml/mirror.ts";

test.each([
  ["padding:1px 2px 3px 4px", "padding:1px 4px 3px 2px"],
  ["padding:1px 2px", "padding:1px 2px"],
  ["margin-left:3px;margin-right:auto", "margin-right:3px;margin-left:auto"],
  ["border-left:1px solid red", "border-right:1px solid red"],
  ["border-radius:1px 2px 3px 4px", "border-radius:2px 1px 4px 3px"],
  ["text-align:left;float:right !important", "text-align:right;float:left !important"],
  ["left:0;direction:ltr", "right:0;direction:rtl"],
  [".left { float: left }", ".left { float: right }"],
  ["background:url(left.png)", "background:url(left.png)"],
  ["@media (max-width:480px){.a{clear:left}}", "@media (max-width:480px){.a{clear:right}}"],
])("%s becomes %s", (css, mirrored) => {
  expect(mirrorCss(css)).toBe(mirrored);
});

test("what is mirrored twice is what it was", () => {
  const length = fc.integer({ min: 0, max: 40 }).map((pixels) => `${pixels}px`);
  const declaration = fc.oneof(
    fc
      .tuple(
        fc.constantFrom("padding", "margin", "border-radius"),
        fc.array(length, { minLength: 1, maxLength: 4 }),
      )
      .map(([name, lengths]) => `${name}:${lengths.join(" ")}`),
    fc
      .tuple(fc.constantFrom("margin-left", "padding-right", "left", "border-left-width"), length)
      .map(([name, value]) => `${name}:${value}`),
    fc
      .tuple(
        fc.constantFrom("text-align", "float", "clear", "color"),
        fc.constantFrom("left", "right", "center"),
      )
      .map(([name, value]) => `${name}:${value}`),
  );
  fc.assert(
    fc.property(fc.array(declaration, { maxLength: 8 }), (declarations) => {
      const css = declarations.join(";");
      expect(mirrorCss(mirrorCss(css))).toBe(css);
    }),
  );
});
