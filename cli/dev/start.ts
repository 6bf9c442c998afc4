// `maily dev`: a page on this machine that follows a template and its widget while they are written.
import { serve } from "@hono/node-server";
import { Problem } from "../../sdk/problem.ts";
import { fetchManifest } from "../publish.ts";
import { readReaders } from "./readers.ts";
import { sendingOf } from "./send-test.ts";
import { devApp } from "./server.ts";
import { openWorkshop, type OpenWorkshop } from "./workshop.ts";

export interface DevOptions {
  readonly edge: string;
  readonly port: number;
  readonly widget?: string;
  readonly readers?: string;
  readonly campaign?: string;
  readonly keys: string;
  readonly tenant: number;
  readonly smtp?: string;
  readonly from?: string;
}

export interface Dev {
  /** Where the page is. */
  readonly origin: string;
  readonly workshop: OpenWorkshop;
  readonly close: () => Promise<void>;
}

async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  port: number,
): Promise<{ origin: string; close: () => Promise<void> }> {
  return new Promise((done, refuse) => {
    const server = serve({ fetch, port, hostname: "127.0.0.1" }, (address) => {
      done({
        origin: `http://127.0.0.1:${address.port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            // Pages that follow never end by themselves.
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
    server.once("error", (error: NodeJS.ErrnoException) =>
      refuse(
        new Problem("configuration-invalid", {
          detail: `Port ${port} cannot be used (${error.code ?? error.message}). Choose another with --port, or leave it out.`,
        }),
      ),
    );
  });
}

/** Starts the page for a template (`.mjml`) or a widget. Problem: configuration-invalid, campaign-unknown. */
export async function startDev(file: string, options: DevOptions): Promise<Dev> {
  const isTemplate = /\.mjml$/i.test(file);
  const published =
    options.campaign === undefined
      ? undefined
      : await fetchManifest(options.edge, options.campaign);
  if (options.campaign !== undefined && published === undefined)
    throw new Problem("campaign-unknown");
  // As `maily send` takes it: a password need not stand in a command line.
  const smtp = options.smtp ?? process.env["MAILY_SMTP"];
  const sending = await sendingOf(published, { ...options, smtp });
  const workshop = await openWorkshop({
    templateFile: isTemplate ? file : undefined,
    widgetFile: isTemplate ? options.widget : file,
    published,
    edge: options.edge,
    readers: options.readers === undefined ? undefined : await readReaders(options.readers),
  });
  const page = await listen(devApp(workshop, sending).fetch, options.port);
  return {
    origin: page.origin,
    workshop,
    close: async () => {
      workshop.close();
      await page.close();
    },
  };
}
