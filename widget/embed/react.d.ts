// React 19 and later: `import type {} from "maily/react"` once, then <maily-widget> in any component.
import type { ClassAttributes, HTMLAttributes } from "react";
import type { MailyWidget } from "./element.ts";
import type { MailyAttributes, MailyListeners } from "./markup.d.ts";

declare module "react" {
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
