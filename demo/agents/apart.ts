// What sets a segment apart: the option whose share among its members differs most from everybody's.
import type { ToolOutput } from "../../sdk/schema/agent-tools.ts";

type Questions = NonNullable<ToolOutput<"get_segment">["questions"]>;

/** Less of a difference sets nobody apart. */
const apartShare = 0.1;

export interface Apart {
  readonly questionId: string;
  readonly optionId: string;
  readonly question: string;
  readonly option: string;
  readonly within: number;
  readonly overall: number;
}

/** The option whose share differs most from everybody's, of those that are told on both sides. */
export function mostApart(within: Questions, overall: Questions): Apart | undefined {
  const shares = new Map(
    overall.flatMap(({ id, options = [] }) =>
      options.map((option) => [`${id}\n${option.id}`, option.share] as const),
    ),
  );
  const all = within.flatMap(({ id, text, options = [] }) =>
    options.flatMap((option): Apart[] => {
      const share = shares.get(`${id}\n${option.id}`);
      if (share === undefined || option.share === undefined) return [];
      const of = { questionId: id, optionId: option.id, question: text, option: option.text };
      return [{ ...of, within: option.share, overall: share }];
    }),
  );
  const [most] = all.toSorted((one, next) => gap(next) - gap(one));
  return most !== undefined && gap(most) >= apartShare ? most : undefined;
}
const gap = ({ within, overall }: Apart): number => Math.abs(within - overall);
