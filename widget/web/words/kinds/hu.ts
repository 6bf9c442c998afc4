import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Egyéb…",
  otherText: "{0} Saját szavaival",
  sayWhat: "Írja le, mit, vagy válasszon mást.",
  ofSteps: "{0} / {1}",
  movesOn: "Egy válasz megérintése a következő kérdéshez visz.",
  tapNeededWhy:
    "A válasz kiválasztásával ebbe beleegyezik, és elküldi. Enélkül semmit sem rögzítünk.",
  alsoSent: "A válaszaival együtt elküldjük, ahogy a hivatkozása mondja:",
  between: "Írjon számot, legalább {0}, legfeljebb {1}.",
  orMore: "Legalább {0} legyen.",
  orLess: "Legfeljebb {0} legyen.",
  inSteps: "Csak {0} lépésközzel.",
  noNumber: "Írjon számot, például {0}.",
  noEmail: "Írjon teljes címet, például nev@example.org.",
  noPhone: "Írja be a teljes számot: számjegyeket, országhívóval vagy kiválasztott országgal.",
  everyRow: "Válaszoljon minden sorban.",
  wrongSum: "Pontosan ennyit osszon szét: {0}.",
  didYouMean: "Erre gondolt: {0}?",
  callingCode: "Ország és hívószáma",
  severalARow: "Soronként annyit választ, amennyit szeretne.",
  share: "Ossza szét ezek között: {0}.",
  left: "Szétosztható még: {0} / {1}",
  over: "Ennyivel több: {0}",
  allGiven: "Mind szétosztva: {0}",
  evenly: "Egyenlő elosztás",
};
