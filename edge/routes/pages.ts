// The page and its files: the same bytes for everybody.
import { z } from "zod";
import {
  documentPolicy,
  pagePolicy,
  preferencesPolicy,
  workerPolicy,
} from "../../sdk/page-policy.ts";
import { Problem } from "../../sdk/problem.ts";
import { CampaignId, InvitationText } from "../../sdk/schema/ids.ts";
import { fileResponse } from "../page-file.ts";
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

export const getServiceWorker = route({
  method: "GET",
  path: "/sw.js",
  summary:
    "The page's service worker: the page without a connection, and answers that wait on the device",
  answers: { 200: { description: "The script", contentType: "text/javascript" } },
  problems: ["not-found"],
  handle: ({ env, request }) =>
    fileResponse(env, request, "/sw.js", {
      "content-type": "text/javascript; charset=utf-8",
      // Asked for at each visit: an operator's way to change or end it.
      "cache-control": "no-cache",
      "service-worker-allowed": "/",
      "content-security-policy": workerPolicy,
    }),
});
