// For Vite: a language's words become a file of lines beside the page, in English's order and without keys, so that it is
// no longer than its texts. The page names such a file by its tag and one digest of all, so that its own code does not grow
// by the number of languages.
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";
import { pageLanguages } from "./languages.ts";

interface Texts {
  readonly [name: string]: string | Texts;
}

/** How the sources ask for a language's words. */
const asked = /import\(`(\.\/words(?:\/\w+)?)\/\$\{(\w+)\}\.ts`\)/g;
const inEnglish = /^en(-\w+)?\.ts$/;

/** Texts of `own` in the order of `english`, and in English what it does not say yet: types and a test name those. */
function linesOf(english: Texts, own: Texts): string[] {
  return Object.entries(english).flatMap(([name, text]) => {
    const said = own[name];
    if (typeof text !== "string") return linesOf(text, typeof said === "object" ? said : {});
    return [typeof said === "string" ? said : text];
  });
}

/** Only texts stand in these files, as their types say. */
const read = async (folder: string, file: string): Promise<Texts> => ({
  ...((await import(pathToFileURL(join(folder, file)).href)) as Texts),
});

/** A folder's languages as modules: each part, such as `asking`, is one string. */
async function packed(folder: string): Promise<Map<string, string>> {
  const files = (await readdir(folder)).sort();
  const english: Texts = Object.assign(
    {},
    ...(await Promise.all(
      files.filter((file) => inEnglish.test(file)).map((file) => read(folder, file)),
    )),
  );
  const modules = new Map<string, string>();
  for (const tag of pageLanguages) {
    if (tag === "en") continue;
    const own = files.includes(`${tag}.ts`) ? await read(folder, `${tag}.ts`) : {};
    const parts = Object.entries(english).map(
      ([part, texts]) =>
        `${part}=${JSON.stringify(linesOf({ texts }, { texts: own[part] ?? {} }).join("\n"))}`,
    );
    modules.set(tag, `export const ${parts.join(",")};`);
  }
  return modules;
}

export const packedWords: Plugin = {
  name: "maily-packed-words",
  apply: "build",
  // Before Vite makes a table of every file that such an import could mean.
  enforce: "pre",
  async transform(code, id) {
    let said = code;
    for (const [statement, folder = "", variable = ""] of code.matchAll(asked)) {
      const modules = await packed(join(dirname(id), folder));
      const digest = createHash("sha256")
        .update(JSON.stringify([...modules]))
        .digest("hex");
      const ending = `-${digest.slice(0, 8)}.js`;
      for (const [tag, source] of modules)
        this.emitFile({ type: "asset", fileName: `assets/${tag}${ending}`, source });
      said = said.replace(statement, `import(/* @vite-ignore */ \`./\${${variable}}${ending}\`)`);
    }
    return said === code ? undefined : { code: said, map: null };
  },
};
