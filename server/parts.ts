import type { VisitKey } from "../sdk/schema/key-config.ts";
import type { Agents } from "./agents/agents.ts";
import type { CampaignRegistry } from "./campaigns.ts";
import type { ChoiceRoots } from "./choice-roots.ts";
import type { Config } from "./config.ts";
import type { Vitals } from "./health.ts";
import type { Ingest } from "./ingest.ts";
import type { Intake } from "./intake.ts";
import type { LiveResults } from "./live.ts";
import type { MailPlans } from "./mail-plans.ts";
import type { Metrics } from "./metrics.ts";
import type { Announcer } from "./opened/announce.ts";
import type { Clearing } from "./opened/clearing.ts";
import type { Segments } from "./segments/segments.ts";
import type { Snowflake } from "./snowflake/snowflake.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";

/** What the routes answer from. */
export interface ServerParts {
  readonly config: Pick<Config, "region" | "secrets">;
  readonly intake: Intake;
  readonly campaigns: CampaignRegistry;
  readonly choiceRoots: ChoiceRoots;
  readonly mailPlans: MailPlans;
  readonly visitKeys: readonly VisitKey[];
  readonly warehouse: Warehouse;
  readonly ingest: Ingest;
  readonly announcer: Pick<Announcer, "announceSoon">;
  readonly clearing: Pick<Clearing, "recheck">;
  readonly live: LiveResults;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry | undefined;
  readonly snowflake: Snowflake | undefined;
  readonly segments: Segments;
  /** Without agents.json nobody asks as one. */
  readonly agents: Agents | undefined;
  readonly vitals: Vitals;
}
