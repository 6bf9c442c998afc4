// Svelte 5: `import type {} from "maily/svelte"` once, then <maily-widget> in any component.
import type { HTMLAttributes } from "svelte/elements";
import type { MailyWidget } from "./element.ts";
import type { MailyAttributes, MailyListeners } from "./markup.d.ts";

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "maily-widget": Omit<
      HTMLAttributes<MailyWidget>,
      keyof MailyListeners | keyof MailyAttributes
    > &
      MailyAttributes &
      MailyListeners;
  }
}

export type { MailyAttributes as Markup } from "./markup.d.ts";
