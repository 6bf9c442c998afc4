// Key-pair authentication (docs.snowflake.com/en/user-guide/key-pair-auth; for REST: developer-guide/sql-api/authenticating).
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { Problem } from "../../sdk/problem.ts";
import type { SnowflakeSettings } from "./settings.ts";

/** Snowflake takes none that is valid for longer than an hour. */
const jwtSeconds = 59 * 60;
const modulusBitsMin = 2_048;

/** The RSA key of a PKCS#8 file. Throws Problem `configuration-invalid` that names `setting`, never the key. */
export function readPrivateKey(
  pem: string,
  passphrase: string | undefined,
  setting: string,
): KeyObject {
  const refuse = (what: string): Problem =>
    new Problem("configuration-invalid", { errors: [`${setting}: ${what}`] });
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: pem,
      format: "pem",
      ...(passphrase !== undefined && { passphrase }),
    });
  } catch {
    throw refuse(
      "set it to the path of a PKCS#8 private key in PEM, and its passphrase if it has one",
    );
  }
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== "rsa" || modulusLength < modulusBitsMin)
    throw refuse(`the key must be RSA with at least ${modulusBitsMin} bits`);
  return key;
}

const publicKeyOf = (privateKey: KeyObject): Buffer =>
  createPublicKey(privateKey).export({ type: "spki", format: "der" });

/** What `ALTER USER … SET RSA_PUBLIC_KEY` takes: base64 without the PEM's lines. */
export const publicKeyText = (privateKey: KeyObject): string =>
  publicKeyOf(privateKey).toString("base64");

/** What DESCRIBE USER shows as RSA_PUBLIC_KEY_FP. */
export const fingerprintOf = (privateKey: KeyObject): string =>
  `SHA256:${createHash("sha256").update(publicKeyOf(privateKey)).digest("base64")}`;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT (RS256) with `iss` ACCOUNT.USER.SHA256:<fingerprint> and `sub` ACCOUNT.USER; a period in the account is a hyphen. */
export function keyPairJwt(
  { account, user, privateKey }: Pick<SnowflakeSettings, "account" | "user" | "privateKey">,
  nowMs: number,
): string {
  const subject = `${account.replaceAll(".", "-")}.${user}`.toUpperCase();
  const issuedAt = Math.floor(nowMs / 1000);
  const claims = {
    iss: `${subject}.${fingerprintOf(privateKey)}`,
    sub: subject,
    iat: issuedAt,
    exp: issuedAt + jwtSeconds,
  };
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
}
