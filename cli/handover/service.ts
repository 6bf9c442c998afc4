// One call to another's service: waited for, tried again where that may help, and never blindly where a repeat would add something.
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../sdk/problem.ts";
import { textAtMost } from "../../server/response-text.ts";

const attemptsMax = 6;
const callMilliseconds = 60_000;
const longestWaitMilliseconds = 60_000;
/** Of an answer; theirs are small. */
const answerBytesMax = 4_194_304;

export interface Service {
  /** What a person calls it, in messages. */
  readonly title: string;
  readonly origin: string;
  /** The Authorization header; it is in no message, file or log. */
  readonly authorization: string;
  /** Where the key comes from, for whoever must mend it. */
  readonly keyVariable: string;
  /** Between the first and the second try. */
  readonly firstWaitMilliseconds: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly json?: unknown;
  readonly body?: FormData;
  /** Statuses that are an answer, beside 2xx. */
  readonly accepts?: readonly number[];
  /**
   * For a call that adds something: what there is of it already, asked before a second try, since the first may have arrived
   * though nobody said so. Undefined where it is repeatable.
   */
  readonly found?: () => Promise<unknown>;
}

export interface Answer {
  readonly status: number;
  readonly document: unknown;
}

const isPassing = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500;

/** RFC 9110 §10.2.3, in seconds; the date form is none of these services'. */
function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function refusal({ title, keyVariable }: Service, status: number): Problem {
  const what =
    status === 401
      ? `${title} does not know the key: set ${keyVariable} to a valid one.`
      : status === 403
        ? `${title} does not let this key do that: give it the right in ${title}'s console.`
        : status === 404
          ? `${title} does not know the account, graph or data set that was named.`
          : `${title} refuses it with status ${status}.`;
  return new Problem("service-refused", { detail: what });
}

async function documentOf(response: Response): Promise<unknown> {
  const text = await textAtMost(response, answerBytesMax);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Makes the call. Problems: service-refused, saying why; server-unreachable once it was tried often enough. */
export async function call(service: Service, asked: Call): Promise<Answer> {
  const { method, path, json, body, accepts = [], found } = asked;
  for (let attempt = 0; ; attempt++) {
    if (attempt > 0 && found !== undefined) {
      const document = await found();
      if (document !== undefined) return { status: 200, document };
    }
    const response = await fetch(service.origin + path, {
      method,
      headers: {
        authorization: service.authorization,
        ...(json !== undefined && { "content-type": "application/json" }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(body !== undefined && { body }),
      redirect: "error",
      signal: AbortSignal.timeout(callMilliseconds),
    }).catch(() => undefined);
    if (response !== undefined) {
      if (response.ok || accepts.includes(response.status)) {
        const document = await documentOf(response).catch(() => undefined);
        return { status: response.status, document };
      }
      await response.body?.cancel();
      if (!isPassing(response.status)) throw refusal(service, response.status);
    }
    if (attempt + 1 >= attemptsMax)
      throw new Problem("server-unreachable", {
        detail: `${service.title} does not take it now. Run the same command again later: nothing is sent twice.`,
      });
    const wait = service.firstWaitMilliseconds * 2 ** attempt * (0.5 + Math.random() / 2);
    const asks = response === undefined ? undefined : retryAfterOf(response);
    await sleep(Math.min(Math.max(wait, asks ?? 0), longestWaitMilliseconds));
  }
}
