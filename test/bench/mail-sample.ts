// The mail that is measured: five questions of ten options each, the first of them shuffled, in two languages.
import { Widget } from "../../sdk/schema/widget.ts";

const drinks = ["Espresso", "Flat white", "Cortado", "Filter", "Cold brew"];

export const sampleWidget: Widget = Widget.parse({
  maily: 1,
  title: { en: "Which coffee are you?", de: "Welcher Kaffee bist du?" },
  languages: ["en", "de"],
  questions: Array.from({ length: 5 }, (_, question) => ({
    id: `question-${question}`,
    kind: "single-choice",
    shuffle: question === 0,
    text: {
      en: `Question ${question + 1}: what do you like?`,
      de: `Frage ${question + 1}: was magst du?`,
    },
    options: Array.from({ length: 10 }, (__, option) => ({
      id: `option-${option}`,
      text: `${drinks[option % drinks.length]} number ${option + 1}`,
    })),
  })),
  notice: {
    version: 1,
    controller: { name: "Bench Coffee", contact: "privacy@coffee.example" },
    retentionDays: 30,
    text: "We count the answers.",
    purposes: [{ id: "results", text: "Count answers", required: true }],
  },
});

/** The same questions as a template of mjml's own elements, for one reader: what is rendered where nothing is compiled ahead. */
export const mjmlFor = (link: string): string => `<mjml>
  <mj-head><mj-title>Which coffee are you?</mj-title></mj-head>
  <mj-body>
    ${Array.from(
      { length: 5 },
      (_, question) => `<mj-section><mj-column>
        <mj-text>Question ${question + 1}: what do you like?</mj-text>
        ${Array.from(
          { length: 10 },
          (__, option) =>
            `<mj-button href="${link}.${question}.${option}">${drinks[option % drinks.length]} number ${option + 1}</mj-button>`,
        ).join("\n")}
      </mj-column></mj-section>`,
    ).join("\n")}
  </mj-body>
</mjml>`;
