// What an email service provider's templates can say and carry.

export const espNames = [
  "sendgrid",
  "ses",
  "mailgun",
  "sparkpost",
  "mailchimp",
  "mandrill",
  "braze",
  "klaviyo",
  "customerio",
  "iterable",
  "hubspot",
  "salesforce",
  "postmark",
] as const;
export type EspName = (typeof espNames)[number];

/** How a column's text is put: escaped for HTML, as it is, or percent-encoded for an address. */
export type FieldEncoding = "html" | "text" | "url";

export interface Esp {
  readonly name: EspName;
  readonly title: string;
  /** The service's own name for a column of the readers file: what its import must be told. */
  readonly fieldName: (field: string) => string;
  /**
   * What stands in a template for a column; without `encode` for one of base64url, which no escaping changes. Where the
   * language has no filter for an encoding, the column must hold it encoded.
   */
  readonly mergeTag: (field: string, encode?: FieldEncoding) => string;
  /** The code at an index, from 0, of a column of packed codes. Absent where the language cannot cut a text. */
  readonly slice?: (field: string, index: number) => string;
  readonly amp: {
    readonly carries: "yes" | "on-application" | "no" | "unknown";
    readonly says: string;
  };
  readonly field: {
    /** Of one column's value. Absent where no limit is known. */
    readonly charactersMax?: number;
    readonly says: string;
  };
  readonly tracking: {
    /** `path`: the invitation is also in the path, as nobody promises that the fragment survives. */
    readonly linkForm: "fragment" | "path";
    /** Leaves one link of HTML as it is; goes into the tag. */
    readonly untracked?: { readonly attribute: string } | { readonly className: string };
    readonly says: string;
  };
  /** What sending adds to the HTML part, estimated on the high side: a pixel and footer; for each tracked link. */
  readonly adds: { readonly bytes: number; readonly bytesPerTrackedLink: number };
  /** For services that fetch at send time. `server` is the region server's origin. */
  readonly fetch?: {
    readonly says: string;
    readonly snippet: (server: string, part: "html" | "amp" | "text") => string;
  };
}

/** Characters of a sealed choice. */
export const codeCharacters = 22;

export const ownName = (field: string): string => field;

/** Double braces escape HTML in Handlebars and Mustache; three do not. */
export const braces = (field: string, encode?: FieldEncoding): string =>
  encode === "text" ? `{{{${field}}}}` : `{{${field}}}`;

/** Mailchimp's and Mandrill's. */
export const starred = (name: string, encode?: FieldEncoding): string =>
  encode === "url" ? `*|URL:${name}|*` : `*|${name}|*`;

export const carriesAmp = (says: string): Esp["amp"] => ({ carries: "yes", says });
