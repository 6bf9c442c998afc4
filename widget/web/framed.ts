// The page in a frame of a site, at /e/<campaign>: who set it up, who the visitor is, what the site hears (SPEC §4.6). Fetched
// there alone.
import type { Report, Settings, Welcome } from "../embed/protocol.ts";
import type { Arrival } from "./address.ts";
import { now } from "./clock.ts";
import { framedWords } from "./framed/words.ts";
import { dress } from "./framed/look.ts";
import { reporting } from "./framed/report.ts";
import { keptIn, visitorOf } from "./framed/visit.ts";
import { tell } from "./framed/refusal.ts";
import { onChange, type Page } from "./page.ts";

/** A loader answers at once; a page around us that does not is none of ours. */
const meetMilliseconds = 10_000;
const nonceBytes = 16;

const embedKeyForm = /^#?([\w-]{22})$/;
const invitationForm = /^[\w-]{136}$/;
const languageForm = /^[a-zA-Z-]{2,35}$/;

export type Say = (report: Report) => void;

/** What the loader has said, and the way back to it. */
export interface Met {
  readonly settings: Settings;
  readonly tokens: Readonly<Record<string, unknown>>;
  readonly port: MessagePort;
}

/** Says hello to the window around, and waits for the loader's port; undefined where nobody answers. */
async function meet(): Promise<Met | undefined> {
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(nonceBytes)), String).join(".");
  const hello = { maily: 1, nonce };
  return new Promise((resolve) => {
    const end = new AbortController();
    const finish = (met?: Met): void => {
      clearTimeout(timer);
      end.abort();
      resolve(met);
    };
    addEventListener(
      "message",
      ({ source, data, ports: [port] }: MessageEvent<Welcome | null>) => {
        // The policy's frame-ancestors has chosen who that window is; the nonce, that it read what we sent.
        if (source !== parent || data?.nonce !== nonce || port === undefined) return;
        finish({ settings: data.settings, tokens: data.tokens, port });
      },
      { signal: end.signal },
    );
    const timer = setTimeout(finish, meetMilliseconds);
    // Whoever it is: that a page is here is all this says.
    parent.postMessage(hello, "*");
  });
}

/** What the address brings: an embed key in the fragment, where the page stands by itself or in a bare frame. */
function inAddress(): Settings {
  const [, embedKey] = embedKeyForm.exec(location.hash) ?? [];
  return { ...keptIn(history.state, now()), ...(embedKey !== undefined && { embedKey }) };
}

/** A site's Back is the site's: steps in here leave no entries in the history of both. */
function leaveHistoryAlone(): void {
  history.pushState = (state, unused, address) => history.replaceState(state, unused, address);
}

/** A link that would lead to another site leads to another tab. */
function leadElsewhere(): void {
  const base = document.createElement("base");
  base.target = "_blank";
  document.head.append(base);
}

/** Draws without taking the focus from the site, unless the reader is in here already. */
function politely(draw: (page: Page) => void): (page: Page) => void {
  const { body } = document;
  return (page) => {
    // What is inert cannot be focused.
    body.inert = !document.hasFocus();
    draw(page);
    body.inert = false;
  };
}

/** Until a visitor may be asked. Where none may, it says so and never ends: there is nothing more to do on this page. */
export async function arriveFramed(draw: (page: Page) => void): Promise<Arrival | undefined> {
  const [, campaign] = /^\/e\/([\w-]+)\/?$/.exec(location.pathname) ?? [];
  if (campaign === undefined) return undefined;
  const isFramed = parent !== window;
  const address = inAddress();
  const met = isFramed && address.embedKey === undefined ? await meet() : undefined;
  const settings = met?.settings ?? address;
  const port = met?.port;
  const say: Say = (report) => port?.postMessage(report);
  const { language } = settings;
  const search =
    typeof language === "string" && languageForm.test(language)
      ? `?lang=${language}`
      : location.search;
  history.replaceState({ embedKey: address.embedKey }, "", `/e/${campaign}${search}`);
  if (isFramed) {
    leaveHistoryAlone();
    leadElsewhere();
  }
  const words = await framedWords();
  say({ type: "words", detail: words.close });
  addEventListener("keydown", ({ key, defaultPrevented }) => {
    if (key === "Escape" && !defaultPrevented) say({ type: "escape" });
  });
  dress(settings.theme, port !== undefined, say);
  // The reader has opened it: reading goes on in here.
  port?.addEventListener("message", () => document.querySelector<HTMLElement>("h1")?.focus());
  port?.start();
  const visitor =
    typeof settings.invitation === "string" && invitationForm.test(settings.invitation)
      ? { invitation: settings.invitation }
      : await visitorOf(campaign, settings);
  if ("refused" in visitor) return tell(visitor.refused, words, say);
  // A tab of its own keeps its visit for a reload; a frame is made anew, and remembers by `once`.
  if (!isFramed) history.replaceState({ ...address, invitation: visitor.invitation }, "");
  onChange(reporting(isFramed ? politely(draw) : draw, met, say));
  return { campaign, ...visitor };
}
