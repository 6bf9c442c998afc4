// Which network a request came from, where the platform says it.

const ipv4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const ipv6Groups = 8;

const groupsOf = (text: string): string[] => (text === "" ? [] : text.split(":"));

/** The first 48 bits of an IPv6 address (RFC 4291 §2.2) as three groups; undefined for what is none. */
function ipv6Prefix(text: string): string | undefined {
  const [head = "", tail, ...more] = text.split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const missing = ipv6Groups - before.length - after.length;
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/**
 * The /24 of an IPv4 address, the /48 of an IPv6 one: what one subscriber or one office has. A smaller part of IPv6 would
 * let a single subscriber take 65,536 turns. Undefined for what is no single address.
 */
export function networkOf(address: string): string | undefined {
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(address) ?? [];
  const text = mapped ?? address;
  if (ipv4.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes.slice(0, 3).join(".") : undefined;
  }
  return ipv6Prefix(text);
}
