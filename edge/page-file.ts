// Files of the folder that the page was built into.
import { Problem } from "../sdk/problem.ts";
import type { Bindings } from "./env.ts";

const acceptsBrotli = (request: Request): boolean =>
  /(^|,)\s*br\s*(;\s*q=(1|0\.[0-9]*[1-9]))?\s*(,|$)/.test(
    request.headers.get("accept-encoding") ?? "",
  );

/** A file of the built page, as Brotli where it was compressed ahead and the browser takes it. Problem: not-found. */
export async function fileResponse(
  env: Bindings,
  request: Request,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  // Only the path matters to a service binding; the origin is never looked up.
  const fetchFile = (name: string) => env.ASSETS.fetch(new URL(name, "https://page.invalid"));
  const common = { ...headers, vary: "accept-encoding" };
  if (acceptsBrotli(request)) {
    const compressed = await fetchFile(`${path}.br`);
    if (compressed.status === 200)
      return new Response(compressed.body, {
        headers: { ...common, "content-encoding": "br" },
        encodeBody: "manual",
      });
    await compressed.body?.cancel();
  }
  const file = await fetchFile(path);
  if (file.status === 200) return new Response(file.body, { headers: common });
  await file.body?.cancel();
  throw new Problem("not-found");
}
