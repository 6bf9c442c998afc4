// Which purposes of a notice allow what is done with answers beyond counting them (SPEC §10.7).
import type { Notice } from "./schema/widget.ts";

type Asking = { readonly purposes: readonly Notice["purposes"][number][] };

/** Purposes of which one is enough to keep a reader's activities. */
export const activityPurposes = ({ purposes }: Asking): string[] =>
  purposes.filter(({ activities }) => activities).map(({ id }) => id);

/** Purposes of which one is enough to train a model with what a reader answered. */
export const trainingPurposes = ({ purposes }: Asking): string[] =>
  purposes.filter(({ training }) => training).map(({ id }) => id);
