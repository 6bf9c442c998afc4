// Tests inside workerd. Peers in place of the regions' servers run in vitest's own process, on loopback.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";

const root = new URL("../..", import.meta.url).pathname;

export default defineConfig({
  root,
  plugins: [
    cloudflareTest(({ inject }) => {
      const { bindings, pageFolder } = inject("edge");
      return {
        main: `${root}edge/worker.ts`,
        miniflare: {
          compatibilityDate: "2026-10-01",
          bindings,
          durableObjects: {
            OUTBOX: { className: "Outbox", useSQLite: true },
            CAMPAIGNS: { className: "CampaignStore", useSQLite: true },
          },
          serviceBindings: { ASSETS: { disk: { path: pageFolder } } },
        },
      };
    }),
  ],
  test: {
    name: "edge",
    include: ["test/edge/**/*.test.ts"],
    globalSetup: ["test/edge-process/workerd-setup.ts"],
    // The peers' moods are everybody's.
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
