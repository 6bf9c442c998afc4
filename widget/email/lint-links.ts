// Where links lead, and what becomes of their fragments on the way through a service's click tracking.
import type { Esp } from "./esp.ts";
import { reporter, type Finding, type Linted } from "./lint-finding.ts";
import type { Markup, MarkupElement } from "./lint-markup.ts";

type Report = ReturnType<typeof reporter>;

const isLocal = ({ hostname }: URL): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname) || hostname.endsWith(".localhost");

/** SPEC §3.4: an invitation, perhaps a question and option, and hidden fields, which the page takes from there. */
const ownFragment =
  /^#[\w-]{136}(?:\.\d{1,2}\.\d{1,3})?(?:\?[a-z][a-z0-9-]{0,31}=[^&=]*(?:&[a-z][a-z0-9-]{0,31}=[^&=]*){0,19})?$/;
const ownPath = /^\/(?:a|p)\/[\w-]{11}/;

const harmless = new Set(["mailto:", "tel:", "sms:"]);

/** What is wrong with an address, as rule, severity, message and remedy. */
function addressFault(href: string, part: Linted["part"]): Parameters<Report> | undefined {
  if (href === "" || href === "#")
    return [
      "error",
      "link-address",
      "A link leads nowhere.",
      "Write the address, or leave the link out.",
    ];
  // A place in the mail itself, which AMP refuses and `client-support` tells of in HTML.
  if (/^#\S+$/.test(href) && part === "html") return undefined;
  if (!URL.canParse(href))
    return [
      "error",
      "link-address",
      `"${href.slice(0, 60)}" is no whole address; a mail has no page that it could belong to.`,
      "Write it from `https://` on.",
    ];
  const url = new URL(href);
  if (harmless.has(url.protocol) || url.protocol === "https:") return undefined;
  if (url.protocol !== "http:")
    return [
      "error",
      "link-address",
      `Clients take out links of the kind ${url.protocol}`,
      "Link to a page over https.",
    ];
  return isLocal(url)
    ? [
        "note",
        "link-https",
        `${url.origin} is this machine: readers cannot reach it.`,
        "Compile with the address that readers reach, `--edge https://…`.",
      ]
    : [
        "error",
        "link-https",
        `${url.origin} is not https: anybody on the way can read the link, and clients warn of it.`,
        "Link over https.",
      ];
}

/** Whether click tracking is told to leave a link as it is. */
const isUntracked = ({ attributes }: MarkupElement, { tracking }: Esp): boolean => {
  const mark = tracking.untracked;
  if (mark === undefined) return false;
  if ("className" in mark)
    return (attributes.get("class") ?? "").split(/\s+/).includes(mark.className);
  return mark.attribute
    .split(" ")
    .every((attribute) => attributes.has(attribute.split("=")[0] ?? attribute));
};

/** What tracking does to a link that carries its secret in the fragment. */
function trackingFault(
  element: MarkupElement,
  href: string,
  esp: Esp,
): Parameters<Report> | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (url === undefined || !ownPath.test(url.pathname) || !ownFragment.test(url.hash))
    return undefined;
  const { tracking, title, name } = esp;
  if (isUntracked(element, esp)) return undefined;
  const mark = tracking.untracked;
  if (mark !== undefined)
    return [
      "warning",
      "link-tracking",
      `${title} rewrites this link: it learns who answers what, and may drop the fragment without which the page knows nobody.`,
      `Write ${"attribute" in mark ? `\`${mark.attribute}\`` : `\`class="${mark.className}"\``} into its tag, or compile with \`--esp ${name}\`.`,
    ];
  if (/^\/a\/[\w-]{11}\/[\w-]{136}$/.test(url.pathname)) return undefined;
  return [
    "warning",
    "link-tracking",
    `${title} may drop what follows # when it tracks clicks: the page would know nobody.`,
    `Compile with \`--esp ${name}\`, which puts the invitation into the path too. ${tracking.says}`,
  ];
}

/** Links of a part; `esp` where it is known who sends it. */
export function* lintLinks(
  linted: Linted,
  markup: Markup,
  esp: Esp | undefined,
): Generator<Finding> {
  const report = reporter(linted);
  const told = new Set<string>();
  for (const element of markup.elements) {
    const href = element.attributes.get("href")?.trim();
    if (href === undefined || (element.name !== "a" && element.name !== "area")) continue;
    const faults = [addressFault(href, linted.part)];
    if (/#[^?&]*[?&]\w+=/.test(href) && !ownFragment.test(href.slice(href.indexOf("#"))))
      faults.push([
        "error",
        "link-fragment",
        "Parameters stand behind the #: no server sees them, and an invitation before them no longer holds.",
        "Write parameters before the #.",
      ]);
    if (esp !== undefined && linted.part === "html") faults.push(trackingFault(element, href, esp));
    for (const fault of faults) {
      // Every answer is a link: the same thing is told once.
      if (fault === undefined || told.has(`${fault[1]} ${fault[2]}`)) continue;
      const [severity, rule, message, remedy] = fault;
      told.add(`${rule} ${message}`);
      yield report(severity, rule, message, remedy, markup.at(element.offset));
    }
  }
}

const address = /https?:\/\/[^\s<>"']{1,2000}/g;

/** Addresses in text/plain. */
export function* lintTextLinks(linted: Linted, at: Markup["at"]): Generator<Finding> {
  const report = reporter(linted);
  const told = new Set<string>();
  for (const match of linted.text.matchAll(address)) {
    const fault = addressFault(match[0], linted.part);
    if (fault === undefined || told.has(fault[2])) continue;
    told.add(fault[2]);
    const [severity, rule, message, remedy] = fault;
    yield report(severity, rule, message, remedy, at(match.index));
  }
}

export const trackedLinks = (markup: Markup, esp: Esp): number =>
  markup.elements.filter(
    (element) =>
      element.name === "a" &&
      /^https?:/.test(element.attributes.get("href") ?? "") &&
      !isUntracked(element, esp),
  ).length;
