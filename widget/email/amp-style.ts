// The style sheet of the AMP part. AMP4EMAIL takes no variables, no logical properties, no dark mode and no `::before`:
// colours are set on every surface, and sides are written for the direction of the language.
import type { AmpQuestion } from "./amp-questions.ts";
import type { Definition } from "../../sdk/schema/widget.ts";
import type { Look } from "./look.ts";

const warning = { ink: "#b3261e", ground: "#fdf0ee" } as const;
/** Borders of what can be chosen: 3 to 1 against the sheet (WCAG 2.2 §1.4.11). */
const edge = "#827c72";

/** Columns of a scale on a phone: a scale of more than five steps takes two rows of broad targets. */
const columnsOnPhone = (steps: number): number => (steps <= 5 ? steps : Math.ceil(steps / 2));

const scaleClass = (steps: number): string => `n${steps}`;

const columns = (steps: number, count: number): string =>
  `.${scaleClass(steps)}{grid-template-columns:repeat(${count},1fr)}`;

function scales(questions: readonly AmpQuestion[]): string {
  const steps = new Set(
    questions.flatMap(({ control, columns: cells, view }) =>
      control === "page" ? [] : (cells ?? (control === "scale" ? view.options.length : [])),
    ),
  );
  if (steps.size === 0) return "";
  return `${[...steps].map((step) => columns(step, columnsOnPhone(step))).join("")}
@media (min-width:520px){${[...steps].map((step) => columns(step, step)).join("")}}`;
}

export const scaleClasses = (steps: number): string => `scale ${scaleClass(steps)}`;

/** Tenths of the progress bar. */
export const progressTenths = 10;
const bars = Array.from(
  { length: progressTenths + 1 },
  (_, tenth) => `.b${tenth}{width:${tenth * 10}%}`,
);

interface Sides {
  readonly start: "left" | "right";
  readonly end: "left" | "right";
}

const frame = ({ light, font, display, width, radius }: Look, { start }: Sides): string => `
body{margin:0;background:${light.ground};color:${light.ink};font-family:${font};font-size:17px;line-height:1.5;overflow-wrap:break-word}
.page{max-width:${width}px;margin:0 auto;padding:24px 16px}
h1,h2,h3,p,ul,fieldset,legend{margin:0;padding:0;border:0;text-align:${start}}
fieldset{min-width:0}
legend{display:block;width:100%}
h1,h2{font-family:${display};line-height:1.25}
h1{font-size:28px}
h2{font-size:21px}
h3{font-size:16px}
.intro{margin-top:8px;color:${light.onGround};font-size:18px}
.sheet{box-sizing:border-box;margin-top:20px;padding:24px;background:${light.sheet};border:1px solid ${light.line};border-radius:${Math.min(radius, 16)}px;outline:none}
.about{margin-top:4px;color:${light.muted};font-size:15px}
.tag{display:inline-block;padding:0 8px;border:1px solid ${light.line};border-radius:10px;color:${light.muted};font-family:${font};font-size:13px;font-weight:normal;line-height:20px}
.small{margin-top:10px;color:${light.muted};font-size:14px}
.small a,.foot a{color:inherit}
a{color:${light.text}}
.foot{margin-top:20px;color:${light.onGround};font-size:13px;line-height:1.6;text-align:center}
.all .question{margin-bottom:32px}`;

const progress = ({ light }: Look): string => `
.count{color:${light.muted};font-size:14px}
.options+.count{margin-top:10px;font-weight:bold}
.track{height:6px;margin:8px 0 24px;background:${light.soft};border-radius:3px}
.bar{height:6px;background:${light.text};border-radius:3px}
${bars.join("\n")}`;

const options = ({ light, radius }: Look, { start, end }: Sides): string => `
.options{margin-top:16px}
.option{position:relative;margin-top:10px}
.option input,.mark input{margin:0;-webkit-appearance:none;appearance:none;cursor:pointer}
.option input{position:absolute;${start}:16px;top:15px;width:22px;height:22px;box-sizing:border-box;border:2px solid ${edge};background:${light.sheet}}
.option label{display:block;box-sizing:border-box;min-height:52px;padding:13px 16px;padding-${start}:50px;background:${light.sheet};border:1px solid ${edge};border-radius:${radius}px;cursor:pointer}
.option label span{display:block;color:${light.muted};font-size:15px}
.round input{border-radius:11px}
.box input{border-radius:${Math.min(radius, 5)}px}
.option input:checked{border-color:${light.text};background:${light.text}}
.round input:checked{border-width:7px;background:${light.sheet}}
.option input:checked+label,.mark input:checked+label{border-color:${light.text};background:${light.soft};box-shadow:0 0 0 1px ${light.text}}
.option input:focus+label,.mark input:focus+label{outline:2px solid ${light.text};outline-offset:3px}
.option input:disabled+label{color:${light.muted};background:${light.ground};cursor:initial}
.tick{position:absolute;${start}:23px;top:19px;width:5px;height:10px;border:solid ${light.sheet};border-width:0 3px 3px 0;transform:rotate(45deg);opacity:0}
.box input:checked+label .tick{opacity:1}
.scale{display:grid;gap:6px;margin-top:16px}
.mark{position:relative}
.mark input{position:absolute;top:0;${start}:0;width:100%;height:48px;opacity:0}
.mark label{display:block;box-sizing:border-box;height:48px;line-height:46px;text-align:center;font-weight:bold;background:${light.sheet};border:1px solid ${edge};border-radius:${Math.min(radius, 12)}px;cursor:pointer}
.mark input:checked+label{color:${light.onFill};background:${light.fill}}
.ends{display:flex;justify-content:space-between;gap:16px;margin-top:6px;color:${light.muted};font-size:14px}
.ends span+span{text-align:${end}}
.pair{display:flex;gap:10px}
.pair .option{flex:1 1 0}
select{display:block;box-sizing:border-box;width:100%;height:52px;margin-top:16px;padding:0 14px;background:${light.sheet};color:${light.ink};border:1px solid ${edge};border-radius:${radius}px;font-family:inherit;font-size:17px}
select:focus,.range:focus,button:focus,.button:focus{outline:2px solid ${light.text};outline-offset:3px}
.range{display:block;width:100%;height:44px;margin:8px 0 0}
.value{display:block;margin-top:16px;font-size:24px;font-weight:bold}`;

/** Only in mails that have them. */
const pictures = ({ light, radius }: Look, { start }: Sides): string => `
.banner{margin:16px 0 14px}
.shot{background:${light.sheet};border-radius:${Math.min(radius, 12)}px}
.cards{display:grid;grid-template-columns:repeat(2,1fr);gap:12px}
.cards .option{margin-top:0}
.cards .option label{height:100%;padding:0;overflow:hidden}
.cards .shot{border-radius:0}
.cards .option input{top:auto;bottom:15px}
.cards .tick{top:auto;bottom:22px}
.name{display:block;padding:13px 14px;padding-${start}:50px;font-weight:normal}`;

const drawnSteps = ({ light }: Look, { end }: Sides): string => `
.option label .glyph{display:inline;margin-${end}:8px;color:inherit;font-size:20px}
.drawn .mark input,.drawn .mark label{height:68px}
.drawn .mark label{padding-top:6px;line-height:22px;font-size:14px}
.mark .glyph{display:block;font-size:24px;line-height:30px}
.lit label{color:${light.text};background:${light.soft}}`;

const rows = `
.row{margin-top:18px}
.row legend{font-weight:bold;font-size:16px}
.cells{margin-top:8px}
.cells .mark label{height:100%;min-height:48px;padding:12px 4px;line-height:22px;font-size:15px;font-weight:normal}`;

const other = ({ light }: Look): string => `
.other{margin-top:12px}
.other a{display:inline-block;padding:12px 0;color:${light.text}}`;

/** What the questions of this mail need beyond what every mail has. */
function further(look: Look, sides: Sides, { outcomes, questions }: Furnished): string {
  const shown = questions.filter(({ control }) => control !== "page");
  const answers = shown.flatMap(({ view }) => view.options);
  const pictured =
    outcomes.some(({ image }) => image !== undefined) ||
    questions.some(({ view }) => view.picture !== undefined) ||
    answers.some(({ picture }) => picture !== undefined);
  return [
    pictured ? pictures(look, sides) : "",
    answers.some(({ glyph }) => glyph !== undefined) ? drawnSteps(look, sides) : "",
    shown.some(({ columns: cells }) => cells !== undefined) ? rows : "",
    shown.some(({ view }) => view.other !== undefined) ? other(look) : "",
  ].join("");
}

const actions = ({ light, radius }: Look, { start }: Sides): string => `
.actions{display:flex;gap:12px;margin-top:24px}
button,.button{box-sizing:border-box;min-height:50px;padding:0 22px;border:1px solid ${light.text};border-radius:${radius}px;background:${light.fill};color:${light.onFill};font-family:inherit;font-size:17px;font-weight:bold;line-height:24px;text-align:center;text-decoration:none;cursor:pointer}
.button{display:inline-block;padding:12px 22px}
.main{flex:1 1 auto}
.quiet{background:${light.sheet};color:${light.text};border-color:${edge};font-weight:normal}
button:disabled{background:${light.ground};color:${light.muted};border-color:${light.line};cursor:initial}
.fault{margin-top:12px;padding:8px 12px;background:${warning.ground};color:${warning.ink};border-${start}:4px solid ${warning.ink};border-radius:4px;font-size:15px}
.fault a{color:inherit}
.purposes{margin-top:12px;list-style:none}
.purposes li{margin-top:8px;padding-${start}:14px;border-${start}:3px solid ${light.text}}
.notice h2{margin-bottom:6px}
.rule{height:1px;margin:20px 0;background:${light.line}}
.thanks{padding:12px 0 4px}
.thanks h2{margin-top:2px;font-size:26px}
.thanks p+.button{margin-top:16px}
.eyebrow{color:${light.text};font-weight:bold}
.seal{position:relative;width:48px;height:48px;margin-bottom:16px;border-radius:24px;background:${light.soft}}
.seal div{position:absolute;left:19px;top:12px;width:8px;height:16px;border:solid ${light.text};border-width:0 3px 3px 0;transform:rotate(45deg)}`;

/** What a style sheet is for. */
export interface Furnished {
  readonly questions: readonly AmpQuestion[];
  readonly outcomes: Definition["outcomes"];
}

/** For `<style amp-custom>`; AMP takes 75,000 bytes, this is a tenth. */
export function ampStyle(look: Look, direction: "ltr" | "rtl", furnished: Furnished): string {
  const sides: Sides =
    direction === "rtl" ? { start: "right", end: "left" } : { start: "left", end: "right" };
  return [
    frame(look, sides),
    progress(look),
    options(look, sides),
    actions(look, sides),
    further(look, sides, furnished),
    scales(furnished.questions),
  ]
    .join("")
    .trim();
}
