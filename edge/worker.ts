// What workerd and Cloudflare run.
import { app } from "./app.ts";
import type { Bindings } from "./env.ts";

export { CampaignStore } from "./campaign-store.ts";
export { Outbox } from "./outbox.ts";

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
} satisfies ExportedHandler<Bindings>;
