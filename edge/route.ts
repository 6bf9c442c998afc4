// One declaration a route: Hono serves it, /openapi.json describes it.
import type { z } from "zod";
import type { ProblemCode } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Bindings, Settings } from "./env.ts";
import type { BodyForm } from "./read-body.ts";
import type { WaitUntil } from "./together.ts";
import type { TracedRequest } from "./trace.ts";

/** What a handler gets; the body's bytes were already limited and parsed. */
export interface Arrival<Body = undefined> {
  readonly env: Bindings;
  readonly settings: Settings;
  readonly request: Request;
  /** Unix milliseconds. */
  readonly now: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Body;
  /** The body as it arrived, for signatures; empty where the route takes none. */
  readonly bodyBytes: Uint8Array<ArrayBuffer>;
  readonly waitUntil: WaitUntil;
  /** What a log line may name beside a code, and the request's span where it is traced. */
  readonly trace: { region?: Region; span?: TracedRequest };
  /** Headers of whatever is answered from here on, a refusal too. */
  readonly headers: Record<string, string>;
}

export interface Answer {
  readonly description: string;
  readonly contentType: string;
  /** Absent for what is no JSON of ours. */
  readonly schema?: z.ZodType;
}

/** A route that is going away (SPEC §9). */
export interface Deprecated {
  /** From when on it is deprecated, as an ISO instant (RFC 9745). */
  readonly since: string;
  /** When it stops answering, as an ISO instant: at least `deprecatedDaysMin` later (RFC 8594). */
  readonly sunset: string;
  /** The path of what to ask instead, with the same parameters. */
  readonly successor?: string;
}

export interface Route<Body = never> {
  readonly method: "GET" | "POST" | "PUT";
  /** As Hono writes it, such as /v1/campaigns/:id; a signed route has its signature in the headers (SPEC §6). */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  readonly signed?: boolean;
  readonly deprecated?: Deprecated;
  readonly body?: BodyForm<Body>;
  /** What is counted before the handler (SPEC §4.4); nothing is where a reader takes something back. */
  readonly limits?: {
    /** The caller's network, before the body is read: not where mail providers post for many readers. */
    readonly address?: true;
    readonly invitation?: (body: Body) => string;
  };
  readonly answers: Readonly<Record<number, Answer>>;
  /** Every JSON answer, a refusal too, is padded to so many bytes, or to a multiple where one does not hold it. */
  readonly answerBytes?: number;
  /** What OPTIONS answers beside the methods; without it, another origin gets no leave. */
  readonly preflight?: (request: Request) => Readonly<Record<string, string>>;
  /** What it refuses with, beside what every route may answer. */
  readonly problems: readonly ProblemCode[];
  readonly handle: (arrival: Arrival<Body>) => Response | Promise<Response>;
}

/** Ties the body's schema to the handler's argument; a list of routes then forgets which body is whose. */
export const route = <Body = undefined>(declaration: Route<Body>): Route =>
  // The app hands each handler what that same declaration's schema returned.
  declaration as unknown as Route;
