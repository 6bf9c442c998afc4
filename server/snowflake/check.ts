// Whether everything is there that a region's server needs in Snowflake, and what to do where it is not.
import { Problem } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { views } from "../warehouse/schema/views.ts";
import { fingerprintOf } from "./key-pair.ts";
import { landings, type SnowflakeSettings } from "./settings.ts";
import { openSql } from "./sql.ts";
import { StreamingPipe } from "./streaming.ts";

export interface SnowflakeFinding {
  readonly holds: boolean;
  readonly what: string;
  readonly remedy?: string;
}

/** Names of Snowflake's regions (docs.snowflake.com/en/user-guide/intro-regions) by where the law sees them. */
const regionForms: Readonly<Record<Region, RegExp>> = {
  eu: /_EU_|EUROPE/i,
  us: /_US_|(EAST|WEST|CENTRAL)US|US_(EAST|WEST|CENTRAL)|USGOV/i,
  apac: /_AP_|ASIA|AUSTRALIA|JAPAN|INDIA|KOREA/i,
};

export const isInRegion = (snowflakes: string, region: Region): boolean =>
  regionForms[region].test(snowflakes);

const remedyOf = (problem: Problem): string => {
  const said = problem.members["said"];
  const words = typeof said === "string" && said !== "" ? `${said} ` : "";
  return `${words}${problem.toJSON().detail}`;
};

/** A finding of whatever `attempt` refuses with. */
async function finding(what: string, attempt: () => Promise<void>): Promise<SnowflakeFinding> {
  try {
    await attempt();
    return { holds: true, what };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { holds: false, what: `${what}: ${error.message}`, remedy: remedyOf(error) };
  }
}

async function sqlFindings(
  settings: SnowflakeSettings,
  region: Region,
): Promise<SnowflakeFinding[]> {
  const findings: SnowflakeFinding[] = [];
  const sql = await openSql(settings);
  try {
    const [row] = await sql.run("SELECT CURRENT_REGION() AS REGION");
    const where = String(row?.["REGION"]);
    const inside = isInRegion(where, region);
    findings.push({
      holds: inside,
      what: `the account is in ${where}`,
      ...(!inside && { remedy: `Answers of ${region} stay in ${region}: use an account there.` }),
    });
    const names = [
      ...Object.values(landings),
      ...views.filter((view) => view.portable).map(({ name }) => name.toUpperCase()),
    ];
    for (const name of names)
      findings.push(
        await finding(`${settings.database}.${settings.schema}.${name}`, async () => {
          await sql.run(`SELECT 1 FROM ${name} LIMIT 0`);
        }),
      );
  } finally {
    await sql.close();
  }
  return findings;
}

/** Never throws for what is missing: that is what it finds. */
export async function checkSnowflake(
  settings: SnowflakeSettings,
  region: Region,
): Promise<SnowflakeFinding[]> {
  const findings: SnowflakeFinding[] = [
    { holds: true, what: `the key's fingerprint is ${fingerprintOf(settings.privateKey)}` },
  ];
  for (const pipe of Object.values(landings))
    findings.push(
      await finding(`rows can be streamed to ${pipe}`, async () => {
        await new StreamingPipe(settings, pipe).statuses([`${settings.channelPrefix}_check`]);
      }),
    );
  try {
    findings.push(...(await sqlFindings(settings, region)));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    findings.push({ holds: false, what: `statements: ${error.message}`, remedy: remedyOf(error) });
  }
  return findings;
}
