// `node demo/schemas.ts`: writes docs/schemas, what the topics of a region hold. A test fails when they are stale.
import { mkdir, writeFile } from "node:fs/promises";
import { schemaDocument, schemaNames } from "../server/opened/schemas.ts";

const folder = new URL("../docs/schemas/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const name of schemaNames)
  await writeFile(new URL(name, folder), `${JSON.stringify(schemaDocument(name), null, 2)}\n`);
