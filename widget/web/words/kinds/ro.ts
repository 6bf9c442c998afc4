import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Altceva…",
  otherText: "{0} Cu cuvintele dvs.",
  sayWhat: "Scrieți ce anume sau alegeți alt răspuns.",
  ofSteps: "{0} din {1}",
  movesOn: "Atingerea unui răspuns duce la întrebarea următoare.",
  tapNeededWhy:
    "Alegând un răspuns, sunteți de acord cu aceasta și îl trimiteți. Fără ea nu se înregistrează nimic.",
  alsoSent: "Trimis împreună cu răspunsurile, conform linkului:",
  between: "Scrieți un număr de la {0} la {1}.",
  orMore: "Scrieți {0} sau mai mult.",
  orLess: "Scrieți {0} sau mai puțin.",
  inSteps: "Doar în pași de {0}.",
  noNumber: "Scrieți un număr, de exemplu {0}.",
  noEmail: "Scrieți o adresă întreagă, de exemplu nume@example.org.",
  noPhone: "Scrieți numărul întreg: cifre, cu prefixul țării sau țara aleasă.",
  everyRow: "Răspundeți pe fiecare rând.",
  wrongSum: "Împărțiți exact {0}.",
  didYouMean: "Ați vrut să scrieți {0}?",
  callingCode: "Țara și prefixul",
  severalARow: "Alegeți oricâte pe fiecare rând.",
  share: "Împărțiți {0} între acestea.",
  left: "De împărțit: {0} din {1}",
  over: "Prea mult cu {0}",
  allGiven: "Totul împărțit: {0}",
  evenly: "Împărțiți egal",
};
