// Which pages of other origins may ask, and read what is answered: those of a campaign's own sites (SPEC §4.5).
import { Problem } from "../sdk/problem.ts";
import { isOriginOfSite, type Site } from "../sdk/schema/site.ts";
import type { Arrival } from "./route.ts";

type Asking = Pick<Arrival, "request" | "headers">;

/** After the scheme: where the edge stands behind a proxy, that one alone knows whether TLS was spoken. */
const hostOf = (address: string): string => {
  const start = address.indexOf("//") + 2;
  const end = address.indexOf("/", start);
  return address.slice(start, end === -1 ? undefined : end);
};

const isOwn = (origin: string, request: Request): boolean => hostOf(origin) === hostOf(request.url);

const leaveFor = (origin: string): Readonly<Record<string, string>> => ({
  "access-control-allow-origin": origin,
  "access-control-expose-headers": "Retry-After",
});

/** A page of one of the campaign's sites may read what is answered, a refusal too; any other may not. */
export function grantSite({ request, headers }: Asking, site: Pick<Site, "origins">): void {
  // Also where no leave is given: nobody keeps that answer for a page that would get it.
  headers["vary"] = "origin";
  const origin = request.headers.get("origin");
  if (origin !== null && isOriginOfSite(site, origin)) Object.assign(headers, leaveFor(origin));
}

/**
 * The same, where no page of another site may ask at all. Who is no browser names no origin, or any: what this holds are
 * other people's browsers. Problem: origin-unknown.
 */
export function requireSite(asking: Asking, site: Pick<Site, "origins">): void {
  const { request, headers } = asking;
  headers["vary"] = "origin";
  const origin = request.headers.get("origin");
  if (origin === null || isOwn(origin, request)) return;
  if (!isOriginOfSite(site, origin)) throw new Problem("origin-unknown");
  Object.assign(headers, leaveFor(origin));
}

/** What a browser is told that asks before it posts. It has not said to which campaign: the request itself will be looked at. */
export function sitePreflight(request: Request): Readonly<Record<string, string>> {
  const origin = request.headers.get("origin") ?? "";
  if (!/^https?:\/\/[^/\s]{1,261}$/.test(origin)) return {};
  return {
    "access-control-allow-origin": origin,
    vary: "origin",
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "Content-Type",
    "access-control-max-age": "600",
  };
}
