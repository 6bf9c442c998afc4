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

/** The same mail as a marketer's template, rendered by mjml. */
export const sampleTemplate = `<mjml>
  <mj-body>
    <mj-section><mj-column>
      <mj-text>Hello!</mj-text>
      <mj-maily widget="./sample.yaml" />
    </mj-column></mj-section>
  </mj-body>
</mjml>`;
