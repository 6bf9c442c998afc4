// The agents' page on the demo's web server: the page, its news as server-sent events, and its two buttons.
import type { Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { agentNames, type AgentName } from "../agents/agent.ts";
import type { Desk, News } from "./desk.ts";
import { agentsPage, entryOf, sizeNote, sizeText } from "./page.ts";

const requestMilliseconds = 5_000;
const heartbeatMilliseconds = 15_000;
/** News that wait for a slow page; with more of them it is told to load again. */
const waitingMax = 500;
const formCharactersMax = 200;

/** Sent again to a page that connects: it shows each once. */
const recentEntries = 20;
const toldAloud: ReadonlySet<string> = new Set(["proposes", "refused", "finding", "noticed"]);

/** What a button did, in words; the address carries the word alone. */
const told = {
  withdrawn: "Consent is withdrawn. The segments count this reader no more.",
  unwithdrawn: "The edge did not take the withdrawal. Try again in a moment.",
  asked: "It asked. What policy said stands on top of the list.",
  unasked: "The region’s server is away, so nothing could be asked.",
} as const;
type Told = keyof typeof told;
const isTold = (word: string): word is Told => Object.hasOwn(told, word);
const isAgentName = (name: string): name is AgentName => agentNames.some((known) => known === name);

export interface DeskWeb {
  readonly desk: Desk;
  readonly edge: string;
  readonly reader: {
    readonly name: string;
    readonly link: string;
    readonly invitation: string;
    readonly campaign: string;
  };
}

/** As one event: what the page's script puts in its places. */
const eventOf = (news: News, quiet = false): { readonly event: string; readonly data: string } => ({
  event: news.is,
  data: JSON.stringify(
    news.is === "entry"
      ? {
          id: `entry-${news.entry.number}`,
          html: entryOf(news.entry).text,
          // Only what somebody would want to be told while they do something else.
          say: !quiet && toldAloud.has(news.entry.kind) ? news.entry.text : "",
        }
      : news.is === "segments"
        ? {
            asOf: Math.max(...news.segments.map(({ asOf }) => Date.parse(asOf)), 0),
            segments: news.segments.map((segment) => ({
              id: segment.segment,
              size: sizeText(segment),
              note: sizeNote(segment),
              below: segment.size === undefined,
            })),
          }
        : {},
  ),
});

function follow(c: Context, desk: Desk): Response {
  return streamSSE(c, async (stream) => {
    const waiting: News[] = [];
    let waking = Promise.withResolvers<void>();
    const wake = (): void => waking.resolve();
    const leave = desk.follow((news) => {
      if (waiting.length < waitingMax) waiting.push(news);
      wake();
    });
    if (leave === undefined) return;
    stream.onAbort(() => {
      leave();
      wake();
    });
    // What happened between the page's making and now.
    for (const entry of desk.entries.slice(0, recentEntries).toReversed())
      await stream.writeSSE(eventOf({ is: "entry", entry }, true));
    waiting.push(desk.away ? { is: "away" } : { is: "segments", segments: desk.segments });
    while (!stream.aborted) {
      for (let news = waiting.shift(); news !== undefined; news = waiting.shift())
        await stream.writeSSE(eventOf(news));
      const heartbeat = setTimeout(wake, heartbeatMilliseconds);
      await waking.promise;
      clearTimeout(heartbeat);
      waking = Promise.withResolvers();
      if (waiting.length === 0 && !stream.aborted) await stream.write(": still here\n\n");
    }
    leave();
  });
}

/** A script gets the words; a form without one comes back to the page, which says them. */
const answer = (c: Context, word: Told): Response =>
  (c.req.header("accept") ?? "").includes("application/json")
    ? c.json({ done: told[word] })
    : c.redirect(`/agents?done=${word}`, 303);

/** A page of another origin cannot press the buttons. */
const isOwn = (c: Context): boolean => {
  const site = c.req.header("sec-fetch-site");
  return site === undefined || site === "same-origin";
};

export function deskRoutes(
  app: Hono,
  { desk, edge, reader }: DeskWeb,
  headers: Readonly<Record<string, string>>,
): void {
  app.get("/agents", (c) => {
    const word = c.req.query("done") ?? "";
    const { segments, entries, away } = desk;
    const done = isTold(word) ? told[word] : undefined;
    const { name, link } = reader;
    const view = { segments, entries, away, done, reader: { name, link } };
    return c.html(agentsPage(view).text, 200, headers);
  });
  // A HEAD would leave a follower that nobody reads.
  app.get("/agents/live", (c) => (c.req.method === "GET" ? follow(c, desk) : c.body(null, 405)));
  app.post("/agents/withdraw", async (c) => {
    if (!isOwn(c)) return c.notFound();
    const taken = await fetch(`${edge}/v1/withdrawals`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ invitation: reader.invitation }),
      signal: AbortSignal.timeout(requestMilliseconds),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.ok;
      },
      () => false,
    );
    return answer(c, taken ? "withdrawn" : "unwithdrawn");
  });
  app.post("/agents/reach", async (c) => {
    const text = await c.req.text();
    const agent = new URLSearchParams(text.slice(0, formCharactersMax)).get("agent") ?? "";
    if (!isOwn(c) || !isAgentName(agent)) return c.notFound();
    const asked = await desk.reachForRevenue(agent, reader.campaign).then(
      () => true,
      () => false,
    );
    return answer(c, asked ? "asked" : "unasked");
  });
}
