// The product, a site that embeds it, and a mailbox on the web: where a test of an engine goes.
import { createServer } from "node:http";
import { freePorts, invite, publishWidget, startProduct, type Product } from "../flow/product.ts";
import { invitationToken } from "../../sdk/mail-plan.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { htmlPart } from "../../widget/email/html.ts";
import { lookOf } from "../../widget/email/look.ts";
import { viewOf } from "../../widget/email/view.ts";
import { wordsIn } from "../../widget/email/words.ts";
import { storePictures } from "../browser/further.ts";

export interface Place {
  readonly product: Product;
  readonly publish: (widget: Widget) => Promise<Manifest>;
  readonly linkTo: (manifest: Manifest, language?: string) => Promise<string>;
  /** The address of somebody's mail, opened in a mailbox. */
  readonly mailOf: (manifest: Manifest) => Promise<string>;
  /** The address of a page of the site with the campaign's widget. */
  readonly siteWith: (manifest: Manifest, attributes?: string) => string;
  readonly stop: () => Promise<void>;
}

export async function place(): Promise<Place> {
  const product = await startProduct();
  await storePictures(product);
  const pages: string[] = [];
  const [port = 0] = await freePorts(1);
  const server = createServer((request, response) => {
    const page = pages[Number(request.url?.slice(1))];
    response
      // A browser asks for an icon, too.
      .writeHead(page === undefined ? 204 : 200, { "content-type": "text/html; charset=utf-8" })
      .end(page);
  }).listen(port, "127.0.0.1");
  const origin = `http://localhost:${port}`;
  const serve = (html: string): string => `${origin}/${pages.push(html) - 1}`;
  let readers = 0;
  const invited = (manifest: Manifest) =>
    invite(product, manifest, "eu", `engine-${readers++}@example.org`);
  const { edge } = product.running;
  return {
    product,
    publish: (widget) =>
      publishWidget(product, {
        ...widget,
        site: { origins: [origin], region: { is: "eu" }, visitHours: 24 },
      }),
    linkTo: async (manifest, language = "en") =>
      (await invited(manifest)).link.replace("#", `?lang=${language}#`),
    async mailOf(manifest) {
      const { id, revision, definition, notice } = manifest;
      const view = viewOf({ id, revision, definition, notice }, edge, "en", wordsIn("en"));
      const mail = htmlPart(view, { look: lookOf(definition.theme) });
      return serve(mail.replaceAll(invitationToken, (await invited(manifest)).invitation));
    },
    siteWith: ({ id, site }, attributes = "") =>
      serve(
        `<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><script type="module" src="${edge}/embed.js"></script><main><h1>Our shop</h1><maily-widget campaign="${id}" embed-key="${site?.embedKey}" ${attributes}></maily-widget></main></html>`,
      ),
    async stop() {
      await product.stop();
      server.close();
    },
  };
}
