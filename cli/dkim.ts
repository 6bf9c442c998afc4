// Signs a message so that what it says, its one-click unsubscription above all, is the sender's word (RFC 6376, RFC 8058 §4).
import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import DKIM from "nodemailer/lib/dkim";
import { Problem } from "../sdk/problem.ts";

/** The headers that are signed; both of RFC 8058 must be. */
const signedHeaders = [
  "From",
  "To",
  "Subject",
  "Date",
  "Message-ID",
  "MIME-Version",
  "Content-Type",
  "List-Unsubscribe",
  "List-Unsubscribe-Post",
].join(":");

const bitsMin = 1_024;

export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  /** PEM */
  readonly privateKey: string;
}

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Reads a key for `address`'s domain, or another that is named. Problem: configuration-invalid. */
export async function readDkimKey(
  file: string,
  selector: string,
  domain: string,
): Promise<DkimKey> {
  const privateKey = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Problem("configuration-invalid", {
      detail: `${file} cannot be read (${cause.code ?? "error"}). It must be DKIM's private key in PEM.`,
    });
  });
  const make = "Make one with: openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048";
  const refuse = (why: string): never => {
    throw new Problem("configuration-invalid", { detail: `${file} ${why}. ${make}` });
  };
  const key = privateKeyOf(privateKey) ?? refuse("is not a private key in PEM");
  // The library signs with RSA alone: it leaves a message unsigned, or falsely signed, without a word.
  if (key.asymmetricKeyType !== "rsa")
    refuse(`is a key of the kind ${key.asymmetricKeyType ?? "unknown"}; DKIM here signs with RSA`);
  const { modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  // RFC 8301 §3.2: verifiers take nothing shorter.
  if (modulusLength < bitsMin)
    refuse(`has ${modulusLength} bits; mailboxes take ${bitsMin} or more`);
  return { domain, selector, privateKey };
}

/** The message with its signature before it. */
export async function signed(message: Buffer, key: DkimKey): Promise<Buffer> {
  const dkim = new DKIM({
    domainName: key.domain,
    keySelector: key.selector,
    privateKey: key.privateKey,
    headerFieldNames: signedHeaders,
  });
  const pieces: Buffer[] = [];
  for await (const piece of dkim.sign(message)) pieces.push(piece as Buffer); // No encoding was set.
  return Buffer.concat(pieces);
}
