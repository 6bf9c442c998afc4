// Budgets of the page that `npm run size` has just built into dist/size (SPEC §2).
import { readdirSync, readFileSync } from "node:fs";

const folder = "dist/size/";
const html = readFileSync(`${folder}index.html`, "utf8");
const named = (ending) =>
  [...html.matchAll(/"\/(assets\/[^"]+)"/g)]
    .map(([, path]) => folder + path)
    .filter((path) => path.endsWith(ending));
const later = readdirSync(`${folder}assets`)
  .filter((file) => file.endsWith(".js") && !html.includes(file))
  .map((file) => `${folder}assets/${file}`);

export default [
  { name: "page: JavaScript and WebAssembly to answer", path: named(".js"), limit: "20 kB" },
  { name: "page: style sheet", path: named(".css"), limit: "5 kB" },
  { name: "page: all that is only fetched when needed", path: later, limit: "40 kB" },
];
