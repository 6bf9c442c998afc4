// One widget's parts, as the loader's own parts hand them to each other. Types alone.
import type { Get, Mode } from "./options.ts";

export interface Stage {
  readonly element: HTMLElement;
  readonly root: ShadowRoot;
  /** Around the frame; a dialog unless inline. */
  readonly box: HTMLDialogElement;
  readonly frame: HTMLIFrameElement;
  readonly closer: HTMLButtonElement;
  /** Of the frame's page. */
  readonly address: URL;
  readonly mode: Mode;
  readonly trigger: string;
  readonly get: Get;
  readonly emit: (type: string, detail?: unknown) => void;
  /** Shows it; `byReader` where the reader asked for it, who then wants to be in it. */
  readonly show: (byReader?: boolean) => void;
  /** Ends with the widget. */
  readonly signal: AbortSignal;
}
