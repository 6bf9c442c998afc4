// What decides each agent's call: the question put to the policy, its answer, and where an operator's own policy is.
import { z } from "zod";
import { AuthoredId, CampaignId, RegionName, Tenant } from "./ids.ts";

export const policyLimits = {
  /** Of a question to the policy. */
  columns: 64,
  columnCharacters: 64,
  purposes: 64,
  nameCharacters: 254,
  /** Of its answer. */
  reasons: 16,
  reasonCharacters: 300,
  floorMax: 1_000_000,
  /** Of the files and answers of an operator's own policy. */
  wasmBytes: 8_000_000,
  dataBytes: 262_144,
  tokenBytes: 4_096,
  answerBytes: 65_536,
  remoteMilliseconds: 200,
  remoteTogether: 64,
} as const;

/** What an agent's answer can hold. A column that no policy names is given to nobody. */
export const policyColumns = {
  segment:
    "Name, campaign, purpose, floor and freshness of a segment; whether it is below its floor.",
  size: "How many readers a segment or a result counts.",
  movement: "How many readers entered and left.",
  "options.count": "How often an option was chosen.",
  lift: "How much more often those who chose an option did something.",
  text: "What readers wrote, once a recogniser that knows names has cleared it.",
  reader: "A single reader's pseudonym.",
  preferences: "What a single reader chose, without texts and addresses.",
  amount: "Money.",
  orders: "How many purchases, and what share of readers made one.",
  decision: "What the policy decided about the asker, and why.",
  "decision.others": "The same about others of the tenant.",
} as const;
export type PolicyColumn = keyof typeof policyColumns;

const Name = z.string().min(1).max(policyLimits.nameCharacters);
const Columns = z
  .array(z.string().min(1).max(policyLimits.columnCharacters))
  .max(policyLimits.columns)
  .readonly();
const Purposes = z.array(AuthoredId).max(policyLimits.purposes).readonly();
const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const policyActions = ["call", "list", "read", "subscribe"] as const;

export const PolicyInput = z
  .strictObject({
    subject: z
      .strictObject({
        id: Name,
        role: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/),
        tenant: Tenant,
        regions: z.array(RegionName).max(3).readonly(),
        purposes: Purposes,
      })
      .readonly()
      .describe("Who asks, as the token says."),
    action: z.enum(policyActions),
    tool: z.string().min(1).max(64).optional().describe("Of `call` and `list`."),
    resource: z
      .strictObject({
        tenant: Tenant,
        region: RegionName,
        segment: AuthoredId.optional(),
        campaign: CampaignId.optional(),
        purpose: AuthoredId.optional().describe("What the data was asked for."),
        consented: Purposes.optional().describe(
          "What is agreed to now: by the reader, or of a segment what the current notice has.",
        ),
        floor: Count.max(policyLimits.floorMax).optional(),
        size: Count.optional().describe("How many readers stand behind the answer."),
      })
      .readonly(),
    columns: Columns.describe("What the answer could hold."),
  })
  .readonly()
  .describe("One question to the policy.");
export type PolicyInput = z.infer<typeof PolicyInput>;

export const PolicyDecision = z
  .strictObject({
    allow: z.boolean(),
    reasons: z
      .array(z.string().min(1).max(policyLimits.reasonCharacters))
      .max(policyLimits.reasons)
      .readonly()
      .describe("Each a word for machines, a colon, and a sentence."),
    columns: Columns.describe("What may be given; none where `allow` is false."),
    floor: Count.max(policyLimits.floorMax).describe("No count of fewer readers is given."),
  })
  .readonly()
  .describe("The policy's answer.");
export type PolicyDecision = z.infer<typeof PolicyDecision>;

/** Who reads what strangers wrote may be talked into something: such a role has nothing of these to give away. */
const secrets = ["reader", "preferences", "amount", "orders"] as const satisfies PolicyColumn[];

const GrantedColumns = z.array(z.string().min(1).max(policyLimits.columnCharacters)).max(64);
const Grants = z.record(z.string().min(1).max(64), GrantedColumns);

/** The data that the embedded policy reads: `server/policy/data.json`, or an operator's own. */
export const PolicyData = z
  .strictObject({
    grants: z.strictObject({
      floor: z.int().min(5).max(100_000).describe("The least floor of every answer."),
      counted: GrantedColumns.describe("Columns that are left out below the floor."),
      ungranted: GrantedColumns.describe("Columns that no role is ever given."),
      purposeless: z
        .array(z.string().min(1).max(64))
        .max(64)
        .describe("Tools whose call touches no reader's data by itself."),
      roles: z.record(
        z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/),
        z
          .strictObject({
            about: z.string().min(1).max(300),
            floor: z.int().min(5).max(100_000).optional(),
            tools: Grants.describe("Tool → columns."),
            read: GrantedColumns.optional().describe("Columns of a segment that is read."),
            subscribe: GrantedColumns.optional().describe("Columns of a segment that is followed."),
          })
          .refine(
            ({ tools, read = [], subscribe = [] }) => {
              const all = new Set([...Object.values(tools).flat(), ...read, ...subscribe]);
              return !all.has("text") || secrets.every((column) => !all.has(column));
            },
            `text is granted beside one of ${secrets.join(", ")}: make two roles of it`,
          ),
      ),
    }),
  })
  .describe("Who may do what.");
export type PolicyData = z.infer<typeof PolicyData>;

const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "set it to the file's SHA-256, as sha256sum prints it");
const PinnedFile = z.strictObject({
  path: z.string().min(1).max(4_096).describe("Relative to the file that names it."),
  sha256: Sha256,
});

/** `policy` of agents.json. */
export const PolicySettings = z
  .union([
    z.strictObject({
      url: z
        .url({
          protocol: /^https?$/,
          error: "set it to the address of an OPA, such as http://127.0.0.1:8181",
        })
        .refine((url) => !url.includes("@") && !/[?#]/.test(url), "leave out names, `?` and `#`"),
      tokenFile: z
        .string()
        .min(1)
        .max(4_096)
        .optional()
        .describe("A file with the token that this OPA asks for, sent as `Bearer`."),
    }),
    z.strictObject({ wasm: PinnedFile.optional(), data: PinnedFile.optional() }),
  ])
  .describe(
    "A remote OPA, or an operator's own policy or grants; without it those that come along.",
  );
export type PolicySettings = z.infer<typeof PolicySettings>;
