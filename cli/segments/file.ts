// A file of segments, YAML or JSON, with every fault at its line; faults of a segment's SQL at the line within it.
import { readFile } from "node:fs/promises";
import { isScalar, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { Problem } from "../../sdk/problem.ts";
import { CampaignId } from "../../sdk/schema/ids.ts";
import { Segment, segmentLimits } from "../../sdk/schema/segment.ts";
import type { SqlFault } from "../../server/segments/sql/fault.ts";
import { parseSegmentSql } from "../../server/segments/sql/parse.ts";
import { parseFile, type PlacedFault } from "../widget-file.ts";

const charactersMax = 2_000_000;

/** What segments have in common may be said once. */
const SegmentFile = z.strictObject({
  campaign: CampaignId.optional(),
  owner: Segment.shape.owner.optional(),
  segments: z
    .array(Segment.partial({ campaign: true, owner: true }))
    .min(1)
    .max(segmentLimits.segments),
});

export interface SegmentsText {
  readonly segments: readonly Segment[];
  /** Faults of one segment's SQL, in the lines of the file. */
  readonly place: (index: number, faults: readonly (SqlFault | string)[]) => PlacedFault[];
}

const isSqlFault = (fault: unknown): fault is SqlFault =>
  typeof fault === "object" && fault !== null && "line" in fault && "column" in fault;

/** Where a place in a segment's SQL is in the file. */
function placing(text: string): SegmentsText["place"] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const rows = text.split("\n");
  return (index, faults) => {
    const node = document.getIn(["segments", index, "sql"], true);
    const start = isScalar(node) ? lines.linePos(node.range?.[0] ?? 0) : { line: 1, col: 1 };
    const isBlock = isScalar(node) && node.type === "BLOCK_LITERAL";
    const indent = isBlock ? /^\s*/.exec(rows[start.line] ?? "")?.[0].length : start.col;
    const place = `segments.${index}`;
    return faults.map((fault) => {
      if (!isSqlFault(fault)) return { line: start.line, column: start.col, place, message: fault };
      const { line, column, message } = fault;
      return isBlock
        ? {
            line: start.line + line,
            column: (indent ?? 0) + column,
            place: `${place}.sql`,
            message,
          }
        : {
            line: start.line,
            column: start.col,
            place: `${place}.sql`,
            message: `${message} (character ${column} of line ${line})`,
          };
    });
  };
}

/** Problems with `errors`: PlacedFault[]: `segment-invalid`, `segment-sql`. */
export function parseSegments(text: string): SegmentsText {
  const place = placing(text);
  const { campaign, owner, segments } = parseFile(text, {
    schema: SegmentFile,
    charactersMax,
    code: "segment-invalid",
    check: (file) =>
      file.segments.flatMap(({ id, campaign: own, owner: asked }, index) => [
        ...(own === undefined && file.campaign === undefined
          ? [
              {
                path: ["segments", index],
                message: "is missing; write `campaign` here or at the top",
              },
            ]
          : []),
        ...(asked === undefined && file.owner === undefined
          ? [{ path: ["segments", index], message: "is missing; write `owner` here or at the top" }]
          : []),
        ...(file.segments.findIndex((other) => other.id === id) < index
          ? [{ path: ["segments", index, "id"], message: `there is a segment ${id} already` }]
          : []),
      ]),
  });
  const errors = segments.flatMap(({ sql }, index) => place(index, sqlFaults(sql)));
  if (errors.length > 0) throw new Problem("segment-sql", { errors });
  return {
    // The check above saw that one of the two is there.
    segments: segments.map((segment) => Segment.parse({ campaign, owner, ...segment })),
    place,
  };
}

function sqlFaults(sql: string): SqlFault[] {
  try {
    parseSegmentSql(sql);
    return [];
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "segment-sql") throw error;
    // `segment-sql` has its faults there.
    return error.members["errors"] as SqlFault[];
  }
}

/** Problems: `segment-invalid`, `segment-sql`. */
export async function readSegments(file: string): Promise<SegmentsText> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Problem("segment-invalid", {
      detail: `${file} cannot be read (${cause.code ?? "error"}).`,
    });
  });
  return parseSegments(text);
}
