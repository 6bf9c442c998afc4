import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Annet…",
  otherText: "{0} Med egne ord",
  sayWhat: "Skriv hva, eller velg et annet svar.",
  ofSteps: "{0} av {1}",
  movesOn: "Et trykk på et svar fører til neste spørsmål.",
  tapNeededWhy:
    "Når du velger et svar, godtar du dette, og svaret sendes. Uten det lagres ingenting.",
  alsoSent: "Sendes med svarene dine, som lenken din sier:",
  between: "Skriv et tall fra {0} til {1}.",
  orMore: "Skriv {0} eller mer.",
  orLess: "Skriv {0} eller mindre.",
  inSteps: "Bare i trinn på {0}.",
  noNumber: "Skriv et tall, for eksempel {0}.",
  noEmail: "Skriv en hel adresse, for eksempel navn@example.org.",
  noPhone: "Skriv hele nummeret: sifre, med landskode eller valgt land.",
  everyRow: "Svar på hver rad.",
  wrongSum: "Fordel nøyaktig {0}.",
  didYouMean: "Mente du {0}?",
  callingCode: "Land og landskode",
  severalARow: "Velg så mange du vil i hver rad.",
  share: "Fordel {0} mellom disse.",
  left: "Igjen å fordele: {0} av {1}",
  over: "For mye: {0}",
  allGiven: "Alt fordelt: {0}",
  evenly: "Fordel likt",
};
