import { Languages } from "../web/languages.tsx";
import { local } from "../web/page.ts";
import { fill } from "../web/words/words.ts";
import { showCopy, subscribe } from "./acts.ts";
import { ChoicesForm } from "./choices-form.tsx";
import { ActButton, FaultText, regionOf } from "./act-button.tsx";
import { change, speak, type Center, type Shut } from "./center.ts";
import { Ending } from "./ending.tsx";
import type { CopyView } from "./copy-view.tsx";
import { wordsIn } from "./words-in.ts";

function Subscription({ page }: { page: Center }) {
  const { words, unsubscribed, visit } = page;
  const act = page.acts.subscription;
  const { name } = visit.manifest.notice.controller;
  return (
    <section class="part" aria-labelledby="subscription-title" data-done={unsubscribed}>
      {unsubscribed && <i class="mark good" />}
      <h2 id="subscription-title" tabIndex={-1}>
        {unsubscribed ? words.unsubscribed : words.unsubscribe}
      </h2>
      <p>{fill(unsubscribed ? words.unsubscribedWhat : words.unsubscribeWhat, name)}</p>
      <p class="news" role="status">
        {act.at === "done" && !unsubscribed && words.again}
      </p>
      <FaultText page={page} act={act} />
      <div class="buttons">
        <ActButton
          page={page}
          name="subscription"
          label={unsubscribed ? words.undo : words.unsubscribe}
          main={!unsubscribed}
          onPress={(event) => void subscribe(event, unsubscribed)}
        />
      </div>
    </section>
  );
}

/** Fetched with the copy that it shows. */
let views: { readonly CopyView: typeof CopyView } | undefined;

async function pressCopy(event: Event): Promise<void> {
  await showCopy(event);
  views ??= await import("./own-copy.ts").catch(() => undefined);
  // Drawn again, now with what shows it.
  change({});
}

function Data({ page }: { page: Center }) {
  const { words, visit, acts, copy } = page;
  return (
    <section class="part" aria-labelledby="data-title">
      <h2 id="data-title">{words.data}</h2>
      <p>
        {fill(words.dataWhat, regionOf(page), visit.manifest.notice.retentionDays)}{" "}
        {fill(
          page.speech.asking.controller,
          visit.manifest.notice.controller.name,
          visit.manifest.notice.controller.contact,
        )}
      </p>
      <div class="act">
        <h3 id="copy-title" tabIndex={-1}>
          {words.copy}
        </h3>
        <p class="about">{words.copyWhat}</p>
        <FaultText page={page} act={acts.copy} />
        {acts.copy.at === "done" && copy && views && <views.CopyView page={page} copy={copy} />}
        {acts.copy.at !== "done" && (
          <div class="buttons">
            <ActButton
              page={page}
              name="copy"
              label={words.copy}
              onPress={(event) => void pressCopy(event)}
            />
          </div>
        )}
      </div>
      <Ending page={page} name="withdraw" />
      <Ending page={page} name="erase" />
    </section>
  );
}

function Refused({ page }: { page: Shut }) {
  const [title, what] = page.words.refusals[page.refusal];
  return (
    <div class="step">
      <i class="mark stop" />
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{what}</p>
      {page.refusal === "offline" && (
        <div class="actions">
          <button type="button" class="main" onClick={() => location.reload()}>
            {page.speech.asking.reload}
          </button>
        </div>
      )}
    </div>
  );
}

export function View({ page }: { page: Center | Shut }) {
  if (page.at === "shut")
    return (
      <main class="sheet">
        <Refused page={page} />
      </main>
    );
  const { words, speech, visit } = page;
  const { definition, notice } = visit.manifest;
  return (
    <>
      <header>
        <span>{notice.controller.name}</span>
        <Languages
          languages={definition.languages}
          speech={speech}
          choose={(chosen) => void wordsIn(chosen).then((ownWords) => speak(chosen, ownWords))}
        />
      </header>
      <main class="sheet center">
        <div class="step">
          <div class="titles">
            <p class="about">{local(page, definition.title)}</p>
            <h1 tabIndex={-1}>{fill(words.title, notice.controller.name)}</h1>
            <p class="lead">{words.lead}</p>
          </div>
          <Subscription page={page} />
          <ChoicesForm page={page} />
          <Data page={page} />
        </div>
      </main>
      <footer>{fill(speech.asking.sealed, regionOf(page))}</footer>
    </>
  );
}
