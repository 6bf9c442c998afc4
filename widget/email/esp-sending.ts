// Services that send what a program hands them: as their documentation has it in November 2026; where that is silent, this
// says so. Nothing here was tried against a live account.
import { braces, carriesAmp, ownName, starred, type Esp } from "./esp-dialect.ts";

export const sendgrid: Esp = {
  name: "sendgrid",
  title: "SendGrid",
  fieldName: ownName,
  mergeTag: braces,
  amp: carriesAmp(
    "Takes an AMP part: `content` of type text/x-amp-html, between text/plain and text/html.",
  ),
  field: { says: "No limit of a custom field's or a substitution's length is documented." },
  tracking: {
    linkForm: "fragment",
    untracked: { attribute: 'clicktracking="off"' },
    says: 'Rewrites links; `clicktracking="off"` before the href leaves one alone.',
  },
  adds: { bytes: 900, bytesPerTrackedLink: 420 },
};

export const ses: Esp = {
  name: "ses",
  title: "Amazon SES",
  fieldName: ownName,
  mergeTag: (field) => `{{${field}}}`,
  amp: carriesAmp("Takes an AMP part in raw messages; its templates have only HTML and text."),
  field: {
    says: "A column has no limit of its own; a template with its data is at most 1 MB (documented).",
  },
  tracking: {
    linkForm: "fragment",
    untracked: { attribute: "ses:no-track" },
    says: "Rewrites links where a configuration set says so; `ses:no-track` leaves one alone.",
  },
  adds: { bytes: 400, bytesPerTrackedLink: 300 },
};

export const mailgun: Esp = {
  name: "mailgun",
  title: "Mailgun",
  fieldName: ownName,
  mergeTag: (field) => `%recipient.${field}%`,
  amp: carriesAmp("Takes an AMP part: the parameter `amp-html`."),
  field: { says: "No limit of a recipient variable is documented; a message is at most 25 MB." },
  tracking: {
    linkForm: "fragment",
    untracked: { attribute: 'disable-tracking="true"' },
    says: 'Rewrites links; `disable-tracking="true"` leaves one alone, `o:tracking-clicks=no` all.',
  },
  adds: { bytes: 500, bytesPerTrackedLink: 350 },
};

export const sparkpost: Esp = {
  name: "sparkpost",
  title: "SparkPost",
  fieldName: ownName,
  mergeTag: braces,
  amp: carriesAmp("Takes an AMP part: `content.amp_html`."),
  field: { says: "No limit of a substitution's length is documented." },
  tracking: {
    linkForm: "fragment",
    untracked: { attribute: 'data-msys-clicktrack="0"' },
    says: 'Rewrites links; `data-msys-clicktrack="0"` leaves one alone.',
  },
  adds: { bytes: 600, bytesPerTrackedLink: 350 },
};

export const mandrill: Esp = {
  name: "mandrill",
  title: "Mandrill",
  fieldName: (field) => field.toUpperCase(),
  mergeTag: (field, encode) => starred(field.toUpperCase(), encode),
  amp: { carries: "no", says: "Takes no AMP part: send HTML and text." },
  field: { says: "Merge tags are generally unlimited through the API (documented)." },
  tracking: {
    linkForm: "fragment",
    untracked: { attribute: "mc:disable-tracking" },
    says: "Rewrites links; `mc:disable-tracking` leaves one alone, the header `X-MC-Track: none` all.",
  },
  adds: { bytes: 500, bytesPerTrackedLink: 300 },
};

export const postmark: Esp = {
  name: "postmark",
  title: "Postmark",
  fieldName: ownName,
  mergeTag: braces,
  amp: { carries: "no", says: "Takes no AMP part: send HTML and text." },
  field: { says: "No limit of a template value is documented; a message is at most 10 MB." },
  tracking: {
    linkForm: "fragment",
    untracked: { attribute: "data-pm-no-track" },
    says: "Rewrites links only where told to; `data-pm-no-track` leaves one alone.",
  },
  adds: { bytes: 500, bytesPerTrackedLink: 250 },
};
