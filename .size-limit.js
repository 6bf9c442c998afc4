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
const needing = scripts.filter((path) => /\bas hiddenIn\b/.test(readFileSync(path, "utf8")));
const further = needing.flatMap((path) => [
  path,
  ...[...readFileSync(path, "utf8").matchAll(/from\s*"\.\/([\w-]+\.js)"/g)]
    .map(([, file]) => `${folder}assets/${file}`)
    .filter((shared) => !answering.includes(shared)),
]);
/** One is fetched at a time; test/widget/build.test.ts holds each to 2,000 bytes. */
const language = /\/[a-z]{2,3}(-\w+)?-[0-9a-f]{8}\.js$/;
const later = scripts.filter(
  (path) => !answering.includes(path) && !preferring.includes(path) && !language.test(path),
);

const embed = readdirSync(`${folder}embed`).filter((file) => file.endsWith(".js"));
/** Its copy under its own digest is fetched in its place. */
const extending = embed.filter((file) => !/^[0-9a-f]{16}\.js$/.test(file));

export default [
  { name: "page: JavaScript and WebAssembly to answer", path: answering, limit: "20 kB" },
  { name: "page: what the further kinds of questions add", path: further, limit: "10.5 kB" },
  { name: "page: style sheet", path: named("index.html", ".css"), limit: "6 kB" },
  {
    name: "preferences: JavaScript and WebAssembly to unsubscribe and to save choices",
    path: [...new Set([...preferring, ...saved])],
    limit: "24 kB",
  },
  { name: "preferences: style sheet", path: named("preferences.html", ".css"), limit: "5 kB" },
  { name: "loader: what every page of a site fetches", path: `${folder}embed.js`, limit: "2 kB" },
  {
    name: "loader: what some modes and triggers fetch besides",
    path: extending.map((file) => `${folder}embed/${file}`),
    limit: "1.5 kB",
  },
  { name: "service worker, fetched once the page stands", path: `${folder}sw.js`, limit: "4 kB" },
  { name: "all that is only fetched when needed, languages apart", path: later, limit: "70 kB" },
];
