// The page and its files: the same bytes for everybody.
import { z } from "zod";
import { documentPolicy, pagePolicy, preferencesPolicy } from "../../sdk/page-policy.ts";
import { Problem } from "../../sdk/problem.ts";
import { CampaignId, InvitationText } from "../../sdk/schema/ids.ts";
import type { Bindings } from "../env.ts";
import { route } from "../route.ts";

const contentTypes: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  wasm: "application/wasm",
  woff2: "font/woff2",
};

const acceptsBrotli = (request: Request): boolean =>
  /(^|,)\s*br\s*(;\s*q=(1|0\.[0-9]*[1-9]))?\s*(,|$)/.test(
    request.headers.get("accept-encoding") ?? "",
  );

/** A file of the built page, as Brotli where it was compressed ahead and the browser takes it. Problem: not-found. */
async function fileResponse(
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

const page = (cacheControl: string, policy: string = pagePolicy) => ({
  "content-type": "text/html; charset=utf-8",
  "cache-control": cacheControl,
  "content-security-policy": policy,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
});

const answers = { 200: { description: "The page", contentType: "text/html" } };

export const getPage = route({
  method: "GET",
  path: "/a/:campaign",
  summary: "The page a reader answers on; the invitation is in the fragment",
  parameters: { campaign: CampaignId },
  answers,
  problems: ["not-found"],
  handle: ({ env, request }) =>
    fileResponse(env, request, "/index.html", page("public, max-age=300")),
});

export const getPageWithInvitation = route({
  method: "GET",
  path: "/a/:campaign/:invitation",
  summary: "The same page, for senders whose click tracking drops fragments",
  parameters: { campaign: CampaignId, invitation: InvitationText },
  answers,
  problems: ["not-found"],
  // The address is a secret: no cache may keep it.
  handle: ({ env, request }) => fileResponse(env, request, "/index.html", page("no-store")),
});

export const getPreferences = route({
  method: "GET",
  path: "/p/:campaign",
  summary: "The preference page; the invitation is in the fragment",
  parameters: { campaign: CampaignId },
  answers,
  problems: ["not-found"],
  handle: ({ env, request }) =>
    fileResponse(env, request, "/preferences.html", page("public, max-age=300")),
});

export const getUnsubscribe = route({
  method: "GET",
  path: "/u/:invitation",
  summary: "The preference page, where a mail program opens its unsubscribe address",
  parameters: { invitation: InvitationText },
  answers,
  problems: ["not-found"],
  handle: ({ env, request }) =>
    fileResponse(env, request, "/unsubscribe.html", page("no-store", preferencesPolicy)),
});

export const getDocs = route({
  method: "GET",
  path: "/docs",
  summary: "This description, to read",
  answers: { 200: { description: "The description", contentType: "text/html" } },
  problems: ["not-found"],
  // Drawn when the page is built (demo/docs-page.ts), so that the worker neither carries nor starts with it.
  handle: ({ env, request }) =>
    fileResponse(env, request, "/docs.html", page("public, max-age=300", documentPolicy)),
});

export const getAsset = route({
  method: "GET",
  path: "/assets/:file",
  summary: "A file of the page, named by its content",
  parameters: { file: z.string() },
  answers: { 200: { description: "The file", contentType: "*/*" } },
  problems: ["not-found"],
  handle: ({ env, request, parameters }) => {
    const file = parameters["file"] ?? "";
    const [, extension = ""] = /^[\w-]+(?:\.[\w-]+)*\.([a-z0-9]+)$/.exec(file) ?? [];
    const contentType = contentTypes[extension];
    if (contentType === undefined) throw new Problem("not-found");
    return fileResponse(env, request, `/assets/${file}`, {
      "content-type": contentType,
      "cache-control": "public, max-age=31536000, immutable",
    });
  },
});
