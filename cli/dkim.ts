// Signs a message so that what it says, its one-click unsubscription above all, is the sender's word (RFC 6376, RFC 8058 §4).
import { createPrivateKey } from "node:crypto";
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

export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  /** PEM */
  readonly privateKey: string;
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
  try {
    createPrivateKey(privateKey);
  } catch {
    throw new Problem("configuration-invalid", {
      detail: `${file} is not a private key in PEM. Make one with: openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048`,
    });
  }
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
