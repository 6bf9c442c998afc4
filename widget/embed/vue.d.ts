// Vue 3: `import type {} from "maily/vue"` once, and `isCustomElement: (tag) => tag === "maily-widget"` for the compiler.
import type { DefineComponent } from "vue";
import type { MailyAttributes, MailyListeners } from "./markup.d.ts";

type Capitalised = {
  readonly [
    Name in keyof MailyListeners as Name extends `on${infer Type}` ? `on${Capitalize<Type>}` : never
  ]?: MailyListeners[Name];
};

declare module "vue" {
  interface GlobalComponents {
    "maily-widget": DefineComponent<MailyAttributes & Capitalised>;
  }
}

export type { MailyAttributes as Markup } from "./markup.d.ts";
