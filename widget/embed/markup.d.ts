// The element as markup languages write it. Its attributes; events by their names after `on`.
import type { MailyEvents, MailyOptions } from "./element.ts";

/** As attributes: embedKey is embed-key. An invitation is none: it is given in `options`. */
export type MailyAttributes = Omit<
  MailyOptions,
  "embedKey" | "invitation" | "prefill" | "fields"
> & {
  readonly "embed-key"?: string | undefined;
  /** JSON. */
  readonly prefill?: string | undefined;
  /** JSON. */
  readonly fields?: string | undefined;
  /** Everything else, and an invitation. */
  readonly options?: MailyOptions | undefined;
};

export type MailyListeners = {
  readonly [Type in keyof MailyEvents as `on${Type}`]?:
    | ((event: CustomEvent<MailyEvents[Type]>) => void)
    | undefined;
};
