// What the loader and its frame say to each other (SPEC §4.6).
import type { MailyOptions } from "./options.ts";
import type { Hello, Report } from "./protocol.ts";
import type { Stage } from "./stage.ts";

const settingNames = [
  "embedKey",
  "invitation",
  "language",
  "theme",
  "prefill",
  "fields",
  "once",
] as const satisfies readonly (keyof MailyOptions)[];
const tokenNames = ["accent", "background", "text", "corners", "font"] as const;

export interface Talk {
  /** Everything that a window hears; what is not the frame's from the edge is let go. */
  readonly meet: (event: MessageEvent<Hello | null>) => boolean;
  /** Moves the reader's focus into the frame, once there is something in it. */
  readonly enter: (wanted: boolean) => void;
  readonly end: () => void;
}

export function nameIt({ box, frame }: Stage, text: string): void {
  frame.title = text;
  box.ariaLabel = text;
}

const valuesOf = <Name extends string>(names: readonly Name[], valueOf: (name: Name) => unknown) =>
  Object.fromEntries(names.map((name) => [name, valueOf(name)]));

export function talk(stage: Stage): Talk {
  const { element, box, frame, closer, address, get, emit } = stage;
  let port: MessagePort | undefined;
  let isWanted = false;
  let isReady = false;
  const enter = (wanted: boolean): void => {
    isWanted = wanted;
    if (!wanted || !isReady) return;
    frame.focus();
    port?.postMessage("focus");
  };
  const hear = ({ data: { type, detail } }: MessageEvent<Report>): void => {
    if (type === "height") frame.style.height = `${detail}px`;
    else if (type === "words") closer.ariaLabel = detail;
    else if (type === "escape") box.close?.();
    else if (type === "moved") {
      if (frame.getBoundingClientRect().top < 0) element.scrollIntoView();
      box.scrollTop = 0;
    } else {
      if (type === "ready") {
        nameIt(stage, detail.title);
        isReady = true;
        enter(isWanted);
      }
      emit(type, detail);
    }
  };
  return {
    enter,
    meet({ source, origin, data }) {
      if (source !== frame.contentWindow || origin !== address.origin || data?.maily !== 1)
        return false;
      const { port1, port2 } = new MessageChannel();
      port = port1;
      port.addEventListener("message", hear);
      port.start();
      const style = getComputedStyle(element);
      frame.contentWindow?.postMessage(
        {
          ...data,
          settings: valuesOf(settingNames, get),
          tokens: valuesOf(tokenNames, (token) => style.getPropertyValue(`--maily-${token}`)),
        },
        origin,
        [port2],
      );
      return true;
    },
    end: () => port?.close(),
  };
}
