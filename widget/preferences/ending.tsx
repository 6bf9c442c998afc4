// What cannot be taken back is asked twice: withdrawing consent, erasing everything.
import { readReceipt } from "../../sdk/receipt.ts";
import { downloadReceipt } from "../web/download.ts";
import { fill } from "../web/words/words.ts";
import { ActButton, FaultText, regionOf } from "./act-button.tsx";
import { erase, withdraw } from "./acts.ts";
import { mark, type Center } from "./center.ts";
import type { PreferenceWords } from "./words/words.ts";

type Name = "withdraw" | "erase";

const textsOf = (words: PreferenceWords, name: Name) =>
  name === "withdraw"
    ? {
        begin: words.withdraw,
        ask: words.withdrawAsk,
        what: words.withdrawWhat,
        yes: words.withdrawYes,
        done: words.withdrawn,
        doneWhat: words.withdrawnWhat,
      }
    : {
        begin: words.erase,
        ask: words.eraseAsk,
        what: words.eraseWhat,
        yes: words.eraseYes,
        done: words.erased,
        doneWhat: words.erasedWhat,
      };

async function takeReceipt(jws: string): Promise<void> {
  const read = await readReceipt(jws);
  if (read !== undefined) downloadReceipt(jws, read.id);
}

export function Ending({ page, name }: { page: Center; name: Name }) {
  const act = page.acts[name];
  const texts = textsOf(page.words, name);
  const region = regionOf(page);
  if (act.at === "done") {
    const { receipt } = act;
    return (
      <div class="act">
        <h3 id={`${name}-title`} tabIndex={-1}>
          {texts.done}
        </h3>
        <p>{fill(texts.doneWhat, region)}</p>
        <div class="buttons">
          {receipt !== undefined && (
            <button type="button" onClick={() => void takeReceipt(receipt)}>
              {page.words.receipt}
            </button>
          )}
        </div>
      </div>
    );
  }
  if (act.at === "idle")
    return (
      <div class="act">
        <h3 id={`${name}-title`} tabIndex={-1}>
          {texts.begin}
        </h3>
        <p class="about">{fill(texts.what, region)}</p>
        <div class="buttons">
          <button type="button" onClick={() => mark(name, { at: "asking" })}>
            {texts.begin}
          </button>
        </div>
      </div>
    );
  return (
    <div class="act asked">
      <h3 id={`${name}-title`} tabIndex={-1}>
        {texts.ask}
      </h3>
      <p>{fill(texts.what, region)}</p>
      <FaultText page={page} act={act} />
      <div class="buttons">
        <button type="button" onClick={() => mark(name, { at: "idle" })}>
          {page.words.cancel}
        </button>
        <ActButton
          page={page}
          name={name}
          label={texts.yes}
          main
          onPress={(event) => void (name === "erase" ? erase : withdraw)(event)}
        />
      </div>
    </div>
  );
}
