// Budgets of the page that `npm run size` has just built into dist/size (SPEC §2).
import { readdirSync, readFileSync } from "node:fs";

const folder = "dist/size/";
const read = (path) => readFileSync(folder + path, "utf8");
/** What a page names, with the scripts that those need in turn. */
const named = (html, ending) => {
  const found = new Set();
  const follow = (text) => {
    for (const [, asset, script] of text.matchAll(
      /"\/(assets\/[^"]+)"|from\s*"\.\/([\w-]+\.js)"/g,
    )) {
      const path = asset ?? `assets/${script}`;
      if (found.has(path)) continue;
      found.add(path);
      if (path.endsWith(".js")) follow(read(path));
    }
  };
  follow(read(html));
  return [...found].filter((path) => path.endsWith(ending)).map((path) => folder + path);
};
const scripts = readdirSync(`${folder}assets`)
  .filter((file) => file.endsWith(".js"))
  .map((file) => `${folder}assets/${file}`);
const answering = named("index.html", ".js");
const preferring = named("preferences.html", ".js");
const saving = scripts.filter((path) => /\bas sealedChoices\b/.test(readFileSync(path, "utf8")));
const saved = saving.flatMap((path) => [
  path,
  ...[...readFileSync(path, "utf8").matchAll(/from\s*"\.\/([\w-]+\.js)"/g)].map(
    ([, file]) => `${folder}assets/${file}`,
  ),
]);
const later = scripts.filter((path) => !answering.includes(path) && !preferring.includes(path));

export default [
  { name: "page: JavaScript and WebAssembly to answer", path: answering, limit: "20 kB" },
  { name: "page: style sheet", path: named("index.html", ".css"), limit: "5 kB" },
  {
    name: "preferences: JavaScript and WebAssembly to unsubscribe and to save choices",
    path: [...new Set([...preferring, ...saved])],
    limit: "24 kB",
  },
  { name: "preferences: style sheet", path: named("preferences.html", ".css"), limit: "5 kB" },
  { name: "all that is only fetched when needed", path: later, limit: "70 kB" },
];
