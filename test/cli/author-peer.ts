// What the authoring commands talk to: an edge that takes and gives campaigns, and region servers that take compiled mail.
// The real ones are met in test/flow.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { generateKeys, writeKeys, type Keys } from "../../cli/keygen.ts";
import { publish } from "../../cli/publish.ts";
import { parseWidget } from "../../cli/widget-file.ts";
import { Problem } from "../../sdk/problem.ts";
import { SignedCampaign } from "../../sdk/schema/campaign.ts";
import { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { orchardYaml } from "../mjml/orchard.ts";

export interface AuthorPeer {
  readonly origin: string;
  /** Holds orchard.yaml, letter.mjml and keys/. */
  readonly folder: string;
  readonly keysFolder: string;
  readonly widgetFile: string;
  readonly keys: Keys;
  /** The compiled mails that a server was given, by campaign. */
  readonly plans: ReadonlyMap<string, MailPlan>;
  /** Publishes orchard.yaml as it is written there, and returns the campaign's id. */
  readonly publish: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export async function startAuthorPeer(): Promise<AuthorPeer> {
  const folder = await mkdtemp(join(tmpdir(), "maily-author-"));
  const keysFolder = join(folder, "keys");
  const keys = await generateKeys(1, Date.now() - 60_000);
  await writeKeys(keysFolder, keys);
  const widgetFile = join(folder, "orchard.yaml");
  await writeFile(widgetFile, orchardYaml);
  const campaigns = new Map<string, SignedCampaign>();
  const plans = new Map<string, MailPlan>();
  const app = new Hono();
  app.get("/v1/keys", (context) => context.json(keys.deployment.directory));
  app.put("/admin/campaigns/:id", async (context) => {
    campaigns.set(context.req.param("id"), SignedCampaign.parse(await context.req.json()));
    return context.json({});
  });
  app.get("/v1/campaigns/:id", (context) => {
    const signed = campaigns.get(context.req.param("id"));
    if (signed === undefined) throw new Problem("campaign-unknown");
    const { campaign, operatorKeyId, signature } = signed;
    return context.json({ ...campaign, status: "open", keys: [], operatorKeyId, signature });
  });
  app.put("/v1/campaigns/:id/mail", async (context) => {
    if (context.req.header("authorization") !== `Bearer ${keys.tenant.token}`)
      throw new Problem("token-invalid");
    plans.set(context.req.param("id"), MailPlan.parse(await context.req.json()));
    return context.json({});
  });
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    throw error;
  });
  const { server, origin } = await new Promise<{
    server: ReturnType<typeof serve>;
    origin: string;
  }>((done) => {
    const listening = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      done({ server: listening, origin: `http://127.0.0.1:${port}` }),
    );
  });
  return {
    origin,
    folder,
    keysFolder,
    widgetFile,
    keys,
    plans,
    async publish() {
      const publication = {
        widget: parseWidget(orchardYaml),
        regions: ["eu", "us"] as const,
        closesAt: new Date(Date.now() + 30 * 86_400_000).toISOString(),
      };
      return (await publish(origin, publication, keys.tenant, keysFolder)).campaign.id;
    },
    async stop() {
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
