import { html, type Markup } from "./html.ts";
import { pageFrame, regionNames } from "./page-frame.ts";
import type { Invited } from "./samples.ts";

const item = (reader: Invited): Markup =>
  html`<li>
    <a class="mail" href="/mail/${reader.mail}" target="mail">
      <b>${reader.sender}</b>
      <span class="subject" lang="${reader.language}">${reader.subject}</span>
      <span class="to"
        ><span>to ${reader.name}, <span class="region">${reader.region}</span></span
        ><time datetime="${reader.received}">${reader.received}</time></span
      >
    </a>
  </li>`;

/** The inbox of the three invented readers: their mails beside the one that is open. */
export function inboxPage(mails: readonly Invited[]): Markup {
  const [first] = mails;
  const homes = new Map(mails.map(({ name, region }) => [name, regionNames[region]]));
  return pageFrame(
    "Inbox",
    "/",
    html`<h1>Three readers, three regions</h1>
      <p class="lead">
        Open a mail and answer: inside it where a client can, or on the page that one tap opens. The
        edge keeps what it cannot read; only the server of that reader's region opens it. Watch it
        arrive under Live results.
      </p>
      <div class="inbox">
        <ul class="mails" aria-label="Mails">
          ${mails.map(item)}
        </ul>
        <iframe name="mail" title="The open mail" src="/mail/${first?.mail ?? "eu"}"></iframe>
      </div>
      <p class="note">
        ${[...homes].map(([name, home]) => html`${name} lives in ${home}. `)}All three are invented.
      </p>`,
  );
}
