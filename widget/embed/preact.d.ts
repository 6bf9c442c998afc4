// Preact: `import type {} from "maily/preact"` once, then <maily-widget> in any component.
import type { ClassAttributes, HTMLAttributes } from "preact";
import type { MailyWidget } from "./element.ts";
import type { MailyAttributes, MailyListeners } from "./markup.d.ts";

declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "maily-widget": ClassAttributes<MailyWidget> &
        Omit<HTMLAttributes<MailyWidget>, keyof MailyListeners | keyof MailyAttributes> &
        MailyAttributes &
        MailyListeners;
    }
  }
}

export type { MailyAttributes as Markup } from "./markup.d.ts";
