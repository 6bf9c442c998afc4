import { Problem } from "../sdk/problem.ts";

/** A name or an address, and a port (RFC 9110 §7.2). */
const plain = /^(?:\[[0-9a-f:.]{2,45}\]|[\w.-]{1,253})(?::\d{1,5})?$/i;

/**
 * Plain workerd puts the Host header before the path as it came: two of them, or one with a slash in it, would make the
 * address that a route sees another than the one that was asked for. Problem: malformed-request.
 */
export function requirePlainHost(request: Request): void {
  if (!plain.test(request.headers.get("host") ?? "host"))
    throw new Problem("malformed-request", { errors: [{ path: "", message: "has no one Host" }] });
}
