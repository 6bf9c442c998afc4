// E-mail addresses and telephone numbers: how what a reader types becomes the one form that is sent. Whether anybody is
// reached there, only a message can tell.

/** RFC 5321 §4.5.3.1: octets, here characters, of the part before the @. */
const localPartMax = 64;
const addressMax = 254;

// RFC 1035 labels, at least two of them; other scripts arrive as their ASCII form. No quoted local parts.
const addressForm =
  /^[^\s\p{Cc}"(),:;<>@[\\\]]+@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/u;

/** Whether `text` is an address as `normaliseEmail` writes it. */
export const isEmail = (text: string): boolean =>
  text.length <= addressMax && text.indexOf("@") <= localPartMax && addressForm.test(text);

/** Blanks around it gone, the domain in lower case and ASCII. What is no address comes back as none. */
export function normaliseEmail(text: string): string {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  const domain = trimmed.slice(at + 1);
  // A URL's host is the domain as DNS asks for it, but it also takes addresses and paths: what it changes beyond case and
  // script is left as it was typed.
  if (at < 1 || !/^[^\s/?#:@\\%]+$/.test(domain) || !URL.canParse(`https://${domain}`))
    return trimmed;
  return `${trimmed.slice(0, at)}@${new URL(`https://${domain}`).hostname}`;
}

/** E.164: a plus and 7 to 15 digits, the first no zero. */
export const isPhone = (text: string): boolean => /^\+[1-9]\d{6,14}$/.test(text);

/** How a country's numbers begin: its calling code, and what is dialled in its place inside it. */
export interface Dialling {
  readonly code: string;
  readonly trunk: string;
}

// NFKC makes the digits of full-width forms ASCII; the others that Unicode has are mapped by their place in a run of ten.
export const digitsOf = (text: string): string =>
  text.normalize("NFKC").replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    let zero = point;
    while (zero > point - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
    return point < 0x80 ? digit : String((point - zero) % 10);
  });

/**
 * E.164 of what a reader typed, by the country chosen beside it; what cannot be one comes back without what only separates.
 * `00` stands for the plus. A national number loses what is only dialled inside the country.
 */
export function normalisePhone(text: string, dialling?: Dialling): string {
  const bare = digitsOf(text)
    .replace(/\(0\)/g, "")
    .replace(/[\s\p{Pd}\p{Cf}()./]/gu, "");
  const international = bare.replace(/^00/, "+");
  if (international.startsWith("+") || dialling === undefined) return international;
  const { code, trunk } = dialling;
  const national = trunk !== "" && bare.startsWith(trunk) ? bare.slice(trunk.length) : bare;
  return `+${code}${national}`;
}
