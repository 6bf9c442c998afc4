import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Altro…",
  otherText: "{0} con parole sue",
  sayWhat: "Scriva che cosa, o scelga un’altra risposta.",
  ofSteps: "{0} di {1}",
  movesOn: "Toccando una risposta si passa alla domanda successiva.",
  tapNeededWhy:
    "Scegliendo una risposta lo accetta e la invia. Senza questo non si registra nulla.",
  alsoSent: "Inviato con le sue risposte, come indica il link:",
  between: "Scriva un numero da {0} a {1}.",
  orMore: "Scriva {0} o più.",
  orLess: "Scriva {0} o meno.",
  inSteps: "Solo a passi di {0}.",
  noNumber: "Scriva un numero, per esempio {0}.",
  noEmail: "Scriva un indirizzo completo, come nome@example.org.",
  noPhone: "Scriva il numero completo: cifre, con prefisso o paese scelto.",
  everyRow: "Risponda a ogni riga.",
  wrongSum: "Distribuisca esattamente {0}.",
  didYouMean: "Intendeva {0}?",
  callingCode: "Paese e prefisso",
  severalARow: "Scelga quante voci vuole in ogni riga.",
  share: "Distribuisca {0} tra queste voci.",
  left: "Da distribuire: {0} di {1}",
  over: "Di troppo: {0}",
  allGiven: "Tutto distribuito: {0}",
  evenly: "Dividi in parti uguali",
};
