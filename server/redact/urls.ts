// What in an address of the web opens something: a user's password, a token in a parameter, path or fragment. The rest of the
// address says where, and stays. Tokens that say by themselves what they are are found outside addresses too.
import { isWordAt, type Finding } from "./finding.ts";

const urlForm = /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s<>"'`\]]{1,2000}/gi;
const userForm = /^[^/?#@]{1,300}@/;
const secretNames =
  /(?<=[?&#;](?:[\w-]{0,30}[_-])?(?:token|key|apikey|secret|sig|signature|password|passwd|pwd|pass|auth|code|session|sessionid|sid|jwt|otp|invite|invitation)=)[^&#;\s]{1,1900}/gi;
/** A part so long, of letters and digits both, is no word. */
const opaque =
  /(?<=[/?&#=])(?=[\w.~-]{0,1900}\d)(?=[\w.~-]{0,1900}[A-Za-z])[\w~-]{20,1900}(?![\w~-])/g;

const tokens = [
  /(?<![\w-])eyJ[\w-]{8,2000}\.eyJ[\w-]{2,2000}\.[\w-]{8,2000}/g, // RFC 7519
  /(?:sk|pk|rk)[-_](?:live|test|ant|proj)?[-_]?[A-Za-z0-9_-]{20,200}/g,
  /gh[pousr]_[A-Za-z0-9]{30,255}/g,
  /AKIA[A-Z0-9]{16}/g,
  /xox[abprs]-[A-Za-z0-9-]{10,200}/g,
] as const;

function* inUrls(text: string): Generator<Finding> {
  for (const { index, 0: url } of text.matchAll(urlForm)) {
    const host = url.indexOf("://") + 3;
    const user = userForm.exec(url.slice(host));
    if (user !== null)
      yield { start: index + host, end: index + host + user[0].length - 1, kind: "url-secret" };
    for (const form of [secretNames, opaque])
      for (const { index: at, 0: secret } of url.matchAll(form))
        if (at >= host)
          yield { start: index + at, end: index + at + secret.length, kind: "url-secret" };
  }
}

export function* urlSecretsIn(text: string): Generator<Finding> {
  if (text.includes("://")) yield* inUrls(text);
  for (const form of tokens)
    for (const { index, 0: token } of text.matchAll(form))
      if (!isWordAt(text, index - 1))
        yield { start: index, end: index + token.length, kind: "url-secret" };
}
