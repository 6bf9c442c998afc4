// Compiled mails: stored by a tenant's token, filled for whoever holds a reader's invitation (SPEC §3.12, §5).
import type { Context, Hono } from "hono";
import { Problem } from "../../sdk/problem.ts";
import { MailPlan, mailPlanLimits } from "../../sdk/schema/mail-plan.ts";
import { Language } from "../../sdk/schema/ids.ts";
import { readJsonBytes } from "../body.ts";
import { log } from "../log.ts";
import type { ServerParts } from "../parts.ts";
import { renderMail, renderRate, type RenderedMail } from "../render.ts";
import { json, parseAs } from "./answer.ts";
import { campaignIn } from "./results.ts";

/** Plans taken in at the same time: each may be 16 MB. */
const uploadsMax = 2;
const fieldsMax = 100;
const fieldCharactersMax = 200;
const fieldForm = /^field\.(\w{1,64})$/;
const retryAfterSeconds = 1;

const parts = ["html", "amp", "text"] as const;

const malformed = (error: string): Problem => new Problem("malformed-request", { errors: [error] });

interface Asked {
  readonly invitation: string;
  readonly language: string | undefined;
  readonly part: (typeof parts)[number] | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

/** Problem: `malformed-request`, naming a parameter and never its value. */
function askedIn(query: URLSearchParams): Asked {
  const fields = new Map<string, string>();
  for (const [name, value] of query) {
    const [, field] = fieldForm.exec(name) ?? [];
    if (field === undefined) continue;
    if (value.length > fieldCharactersMax)
      throw malformed(`${name}: has more than ${fieldCharactersMax} characters`);
    fields.set(field, value);
  }
  if (fields.size > fieldsMax) throw malformed(`field: there are more than ${fieldsMax}`);
  const part = query.get("part") ?? undefined;
  const known = parts.find((candidate) => candidate === part);
  if (part !== undefined && known === undefined) throw malformed("part: is not html, amp or text");
  // Empty where a service merges the language of a reader who has none.
  const language = query.get("language") || undefined;
  if (language !== undefined && !Language.safeParse(language).success)
    throw malformed("language: is not a language tag such as de or pt-BR");
  return {
    invitation: query.get("invitation") ?? "",
    language,
    part: known,
    // Without a prototype: a mail may well have a column named `constructor`.
    fields: Object.assign(Object.create(null), Object.fromEntries(fields)) as Record<
      string,
      string
    >, // Texts alone.
  };
}

function answerOf(mail: RenderedMail, part: Asked["part"]): Response {
  const body = part === undefined ? JSON.stringify(mail) : mail[part];
  // This mail has no AMP part: nothing of it can be answered inside.
  if (body === undefined) throw new Problem("not-found");
  const kind =
    part === undefined ? "application/json" : part === "text" ? "text/plain" : "text/html";
  return new Response(body, {
    headers: {
      "content-type": `${kind}; charset=utf-8`,
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
  });
}

export function mailRoutes(app: Hono, server: ServerParts): void {
  const take = renderRate();
  let uploading = 0;
  const upload = async (c: Context): Promise<Response> => {
    const { id } = campaignIn(c, server);
    if (uploading >= uploadsMax) throw new Problem("region-unavailable", { retryAfterSeconds });
    uploading++;
    try {
      const plan = parseAs(MailPlan, await readJsonBytes(c.req.raw, mailPlanLimits.planBytes));
      server.mailPlans.put(id, plan, server.campaigns.revisionsOf(id));
      log("mail-stored", { campaign: id, revision: plan.revision });
      return json({ id, revision: plan.revision });
    } finally {
      uploading--;
    }
  };
  app.put("/v1/campaigns/:id/mail", upload);
  app.get("/v1/render", async (c) => {
    const { part, ...asked } = askedIn(new URL(c.req.url).searchParams);
    const mail = await renderMail(asked, { region: server.config.region, take, ...server });
    server.metrics.renders.add();
    return answerOf(mail, part);
  });
}
