// Services that hold the readers and write the mails: as their documentation has it in November 2026; where that is
// silent, this says so. Nothing here was tried against a live account.
import {
  braces,
  carriesAmp,
  codeCharacters,
  ownName,
  starred,
  type Esp,
  type FieldEncoding,
} from "./esp-dialect.ts";

const escapes = (filters: Partial<Record<FieldEncoding, string>>, encode?: FieldEncoding): string =>
  (encode && filters[encode]) ?? "";

const liquidFilters = { html: " | escape", url: " | url_encode" } as const;
// Mailchimp's tags have ten characters, upper case (its own Magento extension cuts them there: mc-magento#1140).
const mailchimpName = (field: string): string => field.slice(0, 10).toUpperCase();
/** A reader without a language gets the mail's first. */
const renderAddress = (
  server: string,
  { invitation, language }: { readonly invitation: string; readonly language: string },
): string => `${server}/v1/render?invitation=${invitation}&language=${language}`;

export const mailchimp: Esp = {
  name: "mailchimp",
  title: "Mailchimp",
  fieldName: mailchimpName,
  mergeTag: (field, encode) => starred(mailchimpName(field), encode),
  amp: {
    carries: "unknown",
    says: "Is in no list of senders of AMP mail, and its editor has no place for the part: send HTML and text.",
  },
  field: {
    charactersMax: 255,
    says: "A text field is reported to hold 255 characters; not documented. An invitation fits, the packed codes of 11 options do too.",
  },
  tracking: {
    linkForm: "path",
    says: "Rewrites links, and no single link can be left out: turn click tracking off for the campaign.",
  },
  adds: { bytes: 4_000, bytesPerTrackedLink: 150 },
};

export const braze: Esp = {
  name: "braze",
  title: "Braze",
  fieldName: ownName,
  mergeTag: (field, encode) => `{{custom_attribute.\${${field}}${escapes(liquidFilters, encode)}}}`,
  slice: (field, index) =>
    `{{custom_attribute.\${${field}} | slice: ${index * codeCharacters}, ${codeCharacters}}}`,
  amp: carriesAmp("Takes an AMP part: the tab AMP HTML of its email editor."),
  field: {
    charactersMax: 255,
    says: "A custom attribute holds 255 characters and cuts what is longer (documented): the codes of 11 options. Fetch the mail at send time instead.",
  },
  tracking: {
    linkForm: "fragment",
    // Braze sends through one of these three, each with its own attribute.
    untracked: { attribute: 'clicktracking="off" data-msys-clicktrack="0" ses:no-track' },
    says: "Rewrites links as the provider behind it does; the attributes of all three leave one alone.",
  },
  adds: { bytes: 900, bytesPerTrackedLink: 420 },
  fetch: {
    says: "Connected Content puts in what the region's server renders for the reader.",
    snippet: (server, part) =>
      `{% connected_content ${renderAddress(server, {
        invitation: "{{custom_attribute.${maily_invitation}}}",
        language: "{{custom_attribute.${language}}}",
      })}&part=${part} %}`,
  },
};

export const klaviyo: Esp = {
  name: "klaviyo",
  title: "Klaviyo",
  fieldName: ownName,
  mergeTag: (field, encode) =>
    `{{person|lookup:'${field}'${escapes({ html: "|escape", url: "|urlencode" }, encode)}}}`,
  slice: (field, index) =>
    `{{person|lookup:'${field}'|slice:'${index * codeCharacters}:${(index + 1) * codeCharacters}'}}`,
  amp: {
    carries: "on-application",
    says: "Takes an AMP part once its support has enabled AMP for the account.",
  },
  field: { says: "No limit of a profile property's length is documented." },
  tracking: {
    linkForm: "path",
    says: "Rewrites links, and no attribute for a single one is documented: turn click tracking off for the message.",
  },
  adds: { bytes: 900, bytesPerTrackedLink: 300 },
};

export const customerio: Esp = {
  name: "customerio",
  title: "Customer.io",
  fieldName: ownName,
  mergeTag: (field, encode) => `{{customer.${field}${escapes(liquidFilters, encode)}}}`,
  slice: (field, index) =>
    `{{customer.${field} | slice: ${index * codeCharacters}, ${codeCharacters}}}`,
  amp: carriesAmp(
    "Takes an AMP part beside HTML and text; slicing needs the workspace's newer Liquid.",
  ),
  field: {
    charactersMax: 1_000,
    says: "An attribute is reported to hold 1,000 bytes: the codes of 45 options; not found documented.",
  },
  tracking: {
    linkForm: "fragment",
    untracked: { className: "untracked" },
    says: 'Rewrites links; `class="untracked"` leaves one alone.',
  },
  adds: { bytes: 600, bytesPerTrackedLink: 300 },
  fetch: {
    says: 'A step "Send and receive data" before the mail asks this address and keeps the answer as the journey attribute `maily`; the mail then holds `{{journey.maily}}`.',
    snippet: (server, part) =>
      `${renderAddress(server, {
        invitation: "{{customer.maily_invitation}}",
        language: "{{customer.language}}",
      })}&part=${part}`,
  },
};

export const iterable: Esp = {
  name: "iterable",
  title: "Iterable",
  fieldName: ownName,
  // Its helper `substring` exists, but its arguments are documented nowhere that could be read: packed codes instead.
  mergeTag: (field, encode) =>
    encode === "url" ? `{{#urlEncode}}{{{${field}}}}{{/urlEncode}}` : braces(field, encode),
  amp: carriesAmp("Takes an AMP part: the AMP tab of its HTML editor."),
  field: { says: "No limit of a profile field's length is documented." },
  tracking: {
    linkForm: "path",
    says: "Rewrites links, and no attribute for a single one is documented: turn click tracking off for the template.",
  },
  adds: { bytes: 900, bytesPerTrackedLink: 300 },
  fetch: {
    says: "A data feed with this address answers all parts; the template then holds the feed's `html` and `amp`, unescaped.",
    snippet: (server) =>
      renderAddress(server, { invitation: "{{maily_invitation}}", language: "{{language}}" }),
  },
};

export const hubspot: Esp = {
  name: "hubspot",
  title: "HubSpot",
  fieldName: ownName,
  // HubL's filters do nothing to personalisation tokens in mails (documented): no slice, no escape.
  mergeTag: (field) => `{{contact.${field}}}`,
  amp: {
    carries: "unknown",
    says: "Is in no list of senders of AMP mail, and its editor has no place for the part: send HTML and text.",
  },
  field: { charactersMax: 65_536, says: "A text property holds 65,536 characters (documented)." },
  tracking: {
    linkForm: "path",
    says: "Rewrites links, and no attribute for a single one is documented: turn click tracking off in the mail's settings.",
  },
  adds: { bytes: 3_000, bytesPerTrackedLink: 400 },
};

export const salesforce: Esp = {
  name: "salesforce",
  title: "Salesforce Marketing Cloud",
  fieldName: ownName,
  mergeTag: (field, encode) =>
    encode === "url"
      ? `%%=URLEncode(${field},1)=%%`
      : encode === "html"
        ? `%%=Replace(Replace(Replace(${field},'&','&amp;'),'<','&lt;'),'"','&quot;')=%%`
        : `%%${field}%%`,
  slice: (field, index) =>
    `%%=Substring(${field},${index * codeCharacters + 1},${codeCharacters})=%%`,
  amp: carriesAmp("Takes an AMP part: Content Builder's AMP editor."),
  field: {
    charactersMax: 4_000,
    says: "A text field of a data extension holds 4,000 characters: the codes of 181 options. Create it that long.",
  },
  tracking: {
    linkForm: "path",
    says: 'Rewrites links, and no attribute for a single one is documented: clear "Track clicks" for the send.',
  },
  adds: { bytes: 1_500, bytesPerTrackedLink: 250 },
  fetch: {
    says: "HTTPGet puts in what the region's server renders for the reader.",
    snippet: (server, part) =>
      `%%=HTTPGet(Concat("${server}/v1/render?part=${part}&invitation=",maily_invitation))=%%`,
  },
};
