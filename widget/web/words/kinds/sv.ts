import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Annat…",
  otherText: "{0} Med egna ord",
  sayWhat: "Skriv vad, eller välj ett annat svar.",
  ofSteps: "{0} av {1}",
  movesOn: "Ett tryck på ett svar leder till nästa fråga.",
  tapNeededWhy:
    "När du väljer ett svar godkänner du detta och svaret skickas. Utan det sparas ingenting.",
  alsoSent: "Skickas med dina svar, som din länk säger:",
  between: "Skriv ett tal från {0} till {1}.",
  orMore: "Skriv {0} eller mer.",
  orLess: "Skriv {0} eller mindre.",
  inSteps: "Bara i steg om {0}.",
  noNumber: "Skriv ett tal, till exempel {0}.",
  noEmail: "Skriv en hel adress, till exempel namn@example.org.",
  noPhone: "Skriv hela numret: siffror, med landskod eller valt land.",
  everyRow: "Svara på varje rad.",
  wrongSum: "Fördela exakt {0}.",
  didYouMean: "Menade du {0}?",
  callingCode: "Land och landskod",
  severalARow: "Välj hur många du vill på varje rad.",
  share: "Fördela {0} mellan dessa.",
  left: "Kvar att fördela: {0} av {1}",
  over: "För mycket: {0}",
  allGiven: "Allt fördelat: {0}",
  evenly: "Fördela lika",
};
