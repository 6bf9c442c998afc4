// Makes test/vectors/*.json (but hpke-go.json, which Go makes): `node test/vectors/generate.ts`. The same bytes every time.
import { writeFile } from "node:fs/promises";
import { aesGcmCases } from "./aes-gcm-cases.ts";
import { choiceCases, choiceRoots } from "./choices-cases.ts";
import { envelopeCases } from "./envelope-cases.ts";
import { invitationCases, knownKeys } from "./invitation-cases.ts";
import { base64urlCases, canonicalCases } from "./text-cases.ts";
import { valueCases } from "./value-cases.ts";

interface VectorFile {
  readonly spec: string;
  readonly source: string;
  readonly cases: readonly object[];
}

/** One case a line, so that a change shows as itself. */
const textOf = ({ cases, ...head }: VectorFile): string =>
  `${JSON.stringify(head).slice(0, -1)},"cases":[\n${cases
    .map((entry) => JSON.stringify(entry))
    .join(",\n")}\n]}\n`;

const source = "test/vectors/generate.ts";

/** Every generated file by its name, as text. */
export async function vectorFiles(): Promise<ReadonlyMap<string, string>> {
  const roots = await choiceRoots();
  const files = {
    "envelope.json": { spec: "SPEC §3.1, §3.2", source, cases: await envelopeCases() },
    "invitation.json": {
      spec: "SPEC §3.3; RFC 8032",
      source,
      keys: await knownKeys(),
      cases: await invitationCases(),
    },
    "choices.json": { spec: "SPEC §3.8", source, roots, cases: choiceCases(roots) },
    "aes-gcm.json": {
      spec: "FIPS 197, NIST SP 800-38D: AES-256-GCM",
      source: `${source}, computed by OpenSSL`,
      cases: aesGcmCases(),
    },
    "base64url.json": { spec: "SPEC §2; RFC 4648 §5, §3.5", source, cases: base64urlCases },
    "canonical.json": { spec: "RFC 8785", source, cases: canonicalCases },
    "values.json": { spec: "SPEC §2.1", source, cases: valueCases },
  };
  return new Map(Object.entries(files).map(([name, file]) => [name, textOf(file)]));
}

if (import.meta.main)
  for (const [name, text] of await vectorFiles())
    await writeFile(new URL(name, import.meta.url), text);
