// What a region's server says of segments.
import { z } from "zod";
import { Segment, SegmentState } from "../../sdk/schema/segment.ts";
import { Problem } from "../../sdk/problem.ts";
import { ask } from "../ask.ts";

/** Whose segments, and where. */
export interface Asking {
  readonly server: string;
  readonly token: string;
}

export const ToldSegment = z.object({
  state: SegmentState,
  definition: Segment,
  faults: z
    .array(
      z.union([
        z.string(),
        z.object({
          line: z.number(),
          column: z.number(),
          place: z.literal("sql"),
          message: z.string(),
        }),
      ]),
    )
    .optional(),
  divergences: z.number(),
  rebuiltAt: z.string().optional(),
});
export type ToldSegment = z.infer<typeof ToldSegment>;

export const Compared = z
  .object({
    missing: z.number(),
    extra: z.number(),
    members: z.number(),
    milliseconds: z.number(),
  })
  .nullable();

const List = z.object({ segments: z.array(SegmentState) });

async function asked<T>(
  { server, token }: Asking,
  path: string,
  schema: z.ZodType<T>,
  init: RequestInit = {},
): Promise<T> {
  const answer = await ask(`${server}/v1/segments${path}`, {
    ...init,
    headers: {
      authorization: `Bearer ${token}`,
      ...(init.body != null && { "content-type": "application/json" }),
    },
  });
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new Problem("configuration-invalid", {
    detail: `${server} answers, but not as a region's server of this release does.`,
  });
}

export const listSegments = async (asking: Asking): Promise<SegmentState[]> =>
  (await asked(asking, "", List)).segments;

export const showSegment = (asking: Asking, id: string): Promise<ToldSegment> =>
  asked(asking, `/${encodeURIComponent(id)}`, ToldSegment);

export const putSegment = (asking: Asking, segment: Segment): Promise<ToldSegment> =>
  asked(asking, `/${segment.id}`, ToldSegment, { method: "PUT", body: JSON.stringify(segment) });

export const deleteSegment = (asking: Asking, id: string): Promise<object> =>
  asked(asking, `/${encodeURIComponent(id)}`, z.object({}), { method: "DELETE" });

export const checkSegment = async (asking: Asking, id: string): Promise<z.infer<typeof Compared>> =>
  (
    await asked(asking, `/${encodeURIComponent(id)}/check`, z.object({ compared: Compared }), {
      method: "POST",
    })
  ).compared;

/** One line of a list. */
export function stateLine({ segment, name, size, floor, paused, purpose }: SegmentState): string {
  const count = size === undefined ? (paused ?? `< ${floor}`) : String(size);
  return `${count.padStart(9)}  ${segment}  ${name} (${purpose})`;
}
