import type { Open } from "../page.ts";
import { wordsOf } from "./speech.ts";

/** Nothing is sent that its reader cannot see: what the link brought stands beside the notice. */
export function AlsoSent({ page }: { page: Open }) {
  const hidden = (page.visit.manifest.definition.hidden ?? []).flatMap(({ id }) => {
    const text = page.answers[id];
    return typeof text === "string" ? [[id, text] as const] : [];
  });
  if (hidden.length === 0) return null;
  return (
    <section class="also">
      <h3>{wordsOf(page).alsoSent}</h3>
      <ul>
        {hidden.map(([id, text]) => (
          <li key={id}>
            <bdi>{id}</bdi>: <bdi>{text}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}
