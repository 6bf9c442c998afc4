// Presidio's analyzer as its REST interface is documented, with a list of names for a model. PRESIDIO_URL names a real one
// that knows the same names, and the same tests run against it.
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Request = z.object({
  text: z.array(z.string()),
  language: z.string(),
  entities: z.array(z.string()),
  score_threshold: z.number(),
});

const known = [
  ["PERSON", "Ada Lovelace"],
  ["PERSON", "Grace Hopper"],
  ["LOCATION", "Whitby"],
] as const;

/** Places in code points, as Python counts. */
function found(text: string, entities: readonly string[]) {
  return known.flatMap(([type, name]) => {
    const at = text.indexOf(name);
    if (at === -1 || !entities.includes(type)) return [];
    const start = Array.from(text.slice(0, at)).length;
    return [{ entity_type: type, start, end: start + name.length, score: 1 }];
  });
}

/** What it does with a request: answers, refuses, or leaves it open. */
export type Mood = "well" | "refusing" | "silent" | "talking nonsense";

export class PresidioPeer {
  readonly #server: Server;
  mood: Mood = "well";
  requests = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void (async () => {
        this.requests++;
        let body = "";
        for await (const chunk of request) body += String(chunk);
        if (this.mood === "silent") return;
        if (this.mood === "talking nonsense") return void response.end('[{"a":1}]');
        const url = new URL(request.url ?? "", "http://peer");
        const asked = url.pathname === "/analyze" ? Request.parse(JSON.parse(body)) : undefined;
        const language = asked?.language ?? url.searchParams.get("language");
        if (this.mood === "refusing" || language !== "en")
          return void response.writeHead(this.mood === "refusing" ? 503 : 500).end("{}");
        response.end(
          JSON.stringify(
            asked === undefined
              ? ["PERSON", "LOCATION", "DATE_TIME"]
              : asked.text.map((text) => found(text, asked.entities)),
          ),
        );
      })();
    });
  }

  static async start(): Promise<PresidioPeer> {
    const peer = new PresidioPeer();
    peer.#server.listen(0, "127.0.0.1");
    await once(peer.#server, "listening");
    return peer;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // It listens on a port.
    return `http://127.0.0.1:${port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
