// E-mail addresses as readers mistype them.

/** Where most private mail lives, in several countries. */
const domains =
  "gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.co.jp yahoo.fr outlook.com hotmail.com hotmail.fr live.com icloud.com me.com aol.com proton.me protonmail.com gmx.de gmx.net web.de t-online.de freenet.de orange.fr free.fr laposte.net libero.it mail.ru yandex.ru qq.com 163.com naver.com docomo.ne.jp".split(
    " ",
  );

/** Endings that nobody has. */
const endings: Readonly<Record<string, string>> = {
  con: "com",
  cmo: "com",
  ocm: "com",
  comm: "com",
  vom: "com",
  ner: "net",
  ent: "net",
  ogr: "org",
};

/** Whether one letter added, left out, changed, or two swapped makes `left` into `right`. */
export function isNear(left: string, right: string): boolean {
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let ends = [left.length, right.length] as const;
  while (ends[0] > start && ends[1] > start && left[ends[0] - 1] === right[ends[1] - 1])
    ends = [ends[0] - 1, ends[1] - 1];
  const [rest, other] = [left.slice(start, ends[0]), right.slice(start, ends[1])];
  if (rest.length <= 1 && other.length <= 1) return rest !== other;
  return rest.length === 2 && other.length === 2 && rest[0] === other[1] && rest[1] === other[0];
}

/** The address that was probably meant; undefined where it looks right. */
export function meant(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1);
  // A short domain is near too many others.
  if (at < 1 || domain.length < 5 || domains.includes(domain)) return undefined;
  const dot = domain.lastIndexOf(".");
  const ending = endings[domain.slice(dot + 1)];
  const instead =
    domains.find((known) => isNear(domain, known)) ??
    (dot > 0 && ending !== undefined ? `${domain.slice(0, dot)}.${ending}` : undefined);
  return instead && address.slice(0, at + 1) + instead;
}
