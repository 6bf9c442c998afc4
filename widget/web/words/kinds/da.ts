import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Andet…",
  otherText: "{0} Med dine egne ord",
  sayWhat: "Skriv hvad, eller vælg et andet svar.",
  ofSteps: "{0} af {1}",
  movesOn: "Et tryk på et svar fører til næste spørgsmål.",
  tapNeededWhy:
    "Når du vælger et svar, accepterer du dette, og svaret sendes. Uden det gemmes intet.",
  alsoSent: "Sendes med dine svar, som dit link siger:",
  between: "Skriv et tal fra {0} til {1}.",
  orMore: "Skriv {0} eller mere.",
  orLess: "Skriv {0} eller mindre.",
  inSteps: "Kun i trin på {0}.",
  noNumber: "Skriv et tal, for eksempel {0}.",
  noEmail: "Skriv en hel adresse, for eksempel navn@example.org.",
  noPhone: "Skriv hele nummeret: cifre, med landekode eller valgt land.",
  everyRow: "Svar på hver række.",
  wrongSum: "Fordel præcis {0}.",
  didYouMean: "Mente du {0}?",
  callingCode: "Land og landekode",
  severalARow: "Vælg så mange, du vil, i hver række.",
  share: "Fordel {0} mellem disse.",
  left: "Tilbage at fordele: {0} af {1}",
  over: "For meget: {0}",
  allGiven: "Alt fordelt: {0}",
  evenly: "Fordel ligeligt",
};
