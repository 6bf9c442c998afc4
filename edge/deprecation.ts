// How a route says that it goes away: RFC 9745 (Deprecation), RFC 8594 (Sunset), RFC 5829 (successor-version).
import type { Deprecated } from "./route.ts";

/** Between the day a route is deprecated and the day it stops answering: the pages in mails already sent still ask it. */
export const deprecatedDaysMin = 400;

/** A path with its parameters filled in; undefined where one of them is a secret, which has no place in a header. */
function filled(path: string, parameters: Readonly<Record<string, string>>): string | undefined {
  const names = Array.from(path.matchAll(/:(\w+)/g), ([, name = ""]) => name);
  if (names.some((name) => name === "invitation" || parameters[name] === undefined))
    return undefined;
  return path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? ""),
  );
}

/** The headers of whatever a deprecated route answers, a refusal too. */
export function deprecationHeaders(
  { since, sunset, successor }: Deprecated,
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const path = successor === undefined ? undefined : filled(successor, parameters);
  return {
    // RFC 9745 §2.1: a structured date, in seconds.
    deprecation: `@${Math.floor(Date.parse(since) / 1000)}`,
    sunset: new Date(sunset).toUTCString(),
    ...(path !== undefined && { link: `<${path}>; rel="successor-version"` }),
  };
}
