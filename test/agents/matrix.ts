// What agents may do, as a person reads it: one table for each thing that decides. A cell of the matrix is one of each.
import type { Region } from "../../sdk/region.ts";

export const tools = [
  "list_segments",
  "get_segment",
  "get_reader_preferences",
  "get_campaign_results",
  "get_revenue_metrics",
  "explain_decision",
] as const;
export type Tool = (typeof tools)[number];

export const roles = ["campaign_strategist", "toolsmith", "compliance_guard", "intern"] as const;
export type Role = (typeof roles)[number];

/** Everything that some tool can give. */
export const columns =
  "segment size movement options.count lift text reader preferences amount orders decision decision.others".split(
    " ",
  );

const no = "";
/** Role and tool → the columns given; nothing: the tool is not granted. `intern` is a role that no policy knows. */
export const grants: Readonly<Record<Tool, Readonly<Record<Role, string>>>> = {
  list_segments: {
    campaign_strategist: "segment size",
    toolsmith: "segment size",
    compliance_guard: "segment size",
    intern: no,
  },
  get_segment: {
    campaign_strategist: "segment size movement options.count",
    toolsmith: "segment size movement options.count",
    compliance_guard: "segment size",
    intern: no,
  },
  get_reader_preferences: {
    campaign_strategist: "reader preferences",
    toolsmith: no,
    compliance_guard: "reader preferences",
    intern: no,
  },
  get_campaign_results: {
    campaign_strategist: "size options.count lift",
    toolsmith: "size options.count text",
    compliance_guard: no,
    intern: no,
  },
  get_revenue_metrics: {
    campaign_strategist: "size amount orders",
    toolsmith: no,
    compliance_guard: no,
    intern: no,
  },
  explain_decision: {
    campaign_strategist: "decision",
    toolsmith: "decision",
    compliance_guard: "decision decision.others",
    intern: no,
  },
};

export const tenants = ["own", "foreign"] as const;

/** Where the token reaches and where the asked-for answers lie, seen from the server of eu; what is said against it. */
export const places = {
  here: { token: ["eu"], resource: "eu", against: [] },
  "not in the token": { token: ["us"], resource: "eu", against: ["region-not-granted"] },
  elsewhere: { token: ["eu", "us"], resource: "us", against: ["region-elsewhere"] },
} as const satisfies Record<string, Where>;
interface Where {
  readonly token: readonly Region[];
  readonly resource: Region;
  readonly against: readonly string[];
}

/** Of the purpose `results`: what the token holds, what is agreed to now; what is said against it. */
export const consents = {
  agreed: { held: ["results"], agreed: ["results"], against: [] },
  "taken back": { held: ["results"], agreed: [], against: ["purpose-not-consented"] },
  "not in the token": { held: ["offers"], agreed: ["results"], against: ["purpose-not-held"] },
} as const;

/** Calls that touch no reader's data by themselves: consent is asked for each segment they show. */
export const purposeless: readonly Tool[] = ["list_segments", "explain_decision"];

export interface Cell {
  readonly tool: Tool;
  readonly role: Role;
  readonly tenant: (typeof tenants)[number];
  readonly place: keyof typeof places;
  readonly consent: keyof typeof consents;
}

/** Object.keys loses the literal keys. */
const keysOf = <Table extends object>(table: Table) => Object.keys(table) as (keyof Table)[];

export const cells: readonly Cell[] = tools.flatMap((tool) =>
  roles.flatMap((role) =>
    tenants.flatMap((tenant) =>
      keysOf(places).flatMap((place) =>
        keysOf(consents).map((consent) => ({ tool, role, tenant, place, consent })),
      ),
    ),
  ),
);

export const nameOf = ({ tool, role, tenant, place, consent }: Cell): string =>
  `${role} calls ${tool} of its ${tenant} tenant, region ${place}, purpose ${consent}`;

/** The words that deny, sorted; none: allowed, with these columns. */
export function expectedOf(cell: Cell): { readonly against: readonly string[]; columns: string[] } {
  const against = againstOf(cell).toSorted();
  const granted = grants[cell.tool][cell.role].split(" ");
  return { against, columns: against.length > 0 ? [] : columns.filter((c) => granted.includes(c)) };
}

function againstOf({ tool, role, tenant, place, consent }: Cell): readonly string[] {
  if (tenant === "foreign") return ["tenant-mismatch"];
  const granted = grants[tool][role] !== no;
  return [
    ...(role === "intern" ? ["role-unknown"] : granted ? [] : ["not-granted"]),
    ...(tool === "get_revenue_metrics" && role !== "campaign_strategist"
      ? ["revenue-reserved"]
      : []),
    ...places[place].against,
    ...(purposeless.includes(tool) ? [] : consents[consent].against),
  ];
}
