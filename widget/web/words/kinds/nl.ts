import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Anders…",
  otherText: "{0} In uw eigen woorden",
  sayWhat: "Schrijf wat, of kies een ander antwoord.",
  ofSteps: "{0} van {1}",
  movesOn: "Een tik op een antwoord leidt naar de volgende vraag.",
  tapNeededWhy:
    "Door een antwoord te kiezen gaat u hiermee akkoord en verstuurt u het. Zonder dit wordt niets opgeslagen.",
  alsoSent: "Met uw antwoorden meegestuurd, zoals uw link zegt:",
  between: "Schrijf een getal van {0} tot {1}.",
  orMore: "Schrijf {0} of meer.",
  orLess: "Schrijf {0} of minder.",
  inSteps: "Alleen in stappen van {0}.",
  noNumber: "Schrijf een getal, zoals {0}.",
  noEmail: "Schrijf een volledig adres, zoals naam@example.org.",
  noPhone: "Schrijf het hele nummer: cijfers, met landcode of gekozen land.",
  everyRow: "Beantwoord elke rij.",
  wrongSum: "Verdeel precies {0}.",
  didYouMean: "Bedoelde u {0}?",
  callingCode: "Land en landnummer",
  severalARow: "Kies er per rij zoveel u wilt.",
  share: "Verdeel {0} hierover.",
  left: "Nog te verdelen: {0} van {1}",
  over: "Te veel: {0}",
  allGiven: "Alles verdeeld: {0}",
  evenly: "Gelijk verdelen",
};
