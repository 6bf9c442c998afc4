// Writes edge/openapi.json from the edge's routes: `npm run openapi`. A test fails where the committed file is another.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { routes } from "../edge/app.ts";
import { openApiDocument } from "../edge/openapi.ts";

export const openApiFile = fileURLToPath(new URL("../edge/openapi.json", import.meta.url));

export const openApiText = (): string => `${JSON.stringify(openApiDocument(routes), null, 2)}\n`;

if (import.meta.main) await writeFile(openApiFile, openApiText());
