// What `maily segments sql` prints: sources, the flat views, and each segment's own SQL unchanged.
import type { Region } from "../../../sdk/region.ts";
import type { Segment } from "../../../sdk/schema/segment.ts";
import { openedTopic } from "../../stream/topics.ts";
import { membersSql } from "../sql/around.ts";
import type { Query } from "../sql/query.ts";
import { parseSegmentSql } from "../sql/parse.ts";
import { viewsFromRecords } from "./from-records.ts";

export const engines = ["materialize", "risingwave", "snowflake", "postgres"] as const;
export type Engine = (typeof engines)[number];

export interface SqlFor {
  readonly engine: Engine;
  readonly tenant: number;
  readonly region: Region;
  /** Where the views are, or are made. */
  readonly schema: string;
  /** host:port of a broker, of engines that read the topic. */
  readonly brokers: string;
}

/** `reader_activities` is no record of the topic. */
const asksForActivities = (query: Query): boolean =>
  query.kind === "select"
    ? query.view === "reader_activities" || JSON.stringify(query).includes('"reader_activities"')
    : asksForActivities(query.left) || asksForActivities(query.right);

const readsTopic = (engine: Engine): boolean => engine === "materialize" || engine === "risingwave";

/** Segments whose SQL an engine cannot answer, for it does not see what they ask for. */
export const withheldFrom = (engine: Engine, segments: readonly Segment[]): string[] =>
  segments
    .filter(({ sql }) => readsTopic(engine) && asksForActivities(parseSegmentSql(sql)))
    .map(({ id }) => id);

/** An id has no underscore, and an SQL name no hyphen. */
export const viewNameOf = (tenant: number, id: string): string =>
  `segment_${tenant}_${id.replaceAll("-", "_")}`;

const brokerForm = /^[\w.[\]:-]+:\d+(,[\w.[\]:-]+:\d+)*$/;

function sourceOf({ engine, region, schema, brokers }: SqlFor): string[] {
  if (!brokerForm.test(brokers)) throw new TypeError("no brokers");
  const topic = openedTopic(region);
  if (engine === "materialize")
    return [
      `CREATE SCHEMA IF NOT EXISTS ${schema}`,
      `CREATE CONNECTION IF NOT EXISTS ${schema}.kafka TO KAFKA (BROKERS (${brokers
        .split(",")
        .map((broker) => `'${broker}'`)
        .join(", ")}), SECURITY PROTOCOL = 'PLAINTEXT')`,
      `CREATE SOURCE ${schema}.opened FROM KAFKA CONNECTION ${schema}.kafka (TOPIC '${topic}')
  FORMAT JSON ENVELOPE NONE`,
    ];
  return [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE TABLE ${schema}.opened_bytes (raw bytea) WITH (
  connector = 'kafka', topic = '${topic}', properties.bootstrap.server = '${brokers}',
  scan.startup.mode = 'earliest'
) FORMAT PLAIN ENCODE BYTES`,
    `CREATE VIEW ${schema}.opened AS SELECT convert_from(raw, 'UTF8')::jsonb AS data FROM ${schema}.opened_bytes`,
  ];
}

const kindOfView: Readonly<Record<Engine, string>> = {
  materialize: "CREATE MATERIALIZED VIEW",
  risingwave: "CREATE MATERIALIZED VIEW",
  snowflake: "CREATE OR REPLACE VIEW",
  postgres: "CREATE OR REPLACE VIEW",
};

/** Statements in order, without semicolons. Throws Problem `segment-sql` for a segment that is not portable. */
export function statementsFor(to: SqlFor, segments: readonly Segment[]): string[] {
  const withheld = new Set(withheldFrom(to.engine, segments));
  return [
    ...(readsTopic(to.engine) ? [...sourceOf(to), ...viewsFromRecords(to.schema)] : []),
    ...segments
      .filter(({ id }) => !withheld.has(id))
      .map(({ id, campaign, purpose, sql }) => {
        const members = membersSql(sql, {
          tenant: to.tenant,
          campaign,
          purpose,
          schema: to.schema,
        });
        return `${kindOfView[to.engine]} ${to.schema}.${viewNameOf(to.tenant, id)} AS\n${members}`;
      }),
  ];
}
