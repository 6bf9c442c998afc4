import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Anderes …",
  otherText: "{0} In eigenen Worten",
  sayWhat: "Bitte schreiben, was, oder eine andere Antwort wählen.",
  ofSteps: "{0} von {1}",
  movesOn: "Ein Tipp auf eine Antwort führt zur nächsten Frage.",
  tapNeededWhy:
    "Mit der Wahl einer Antwort stimmen Sie dem zu und senden sie. Ohne das wird nichts gespeichert.",
  alsoSent: "Wird mit den Antworten gesendet, wie Ihr Link es sagt:",
  between: "Bitte eine Zahl von {0} bis {1} schreiben.",
  orMore: "Bitte {0} oder mehr schreiben.",
  orLess: "Bitte {0} oder weniger schreiben.",
  inSteps: "Nur in Schritten von {0}.",
  noNumber: "Bitte eine Zahl schreiben, etwa {0}.",
  noEmail: "Bitte eine ganze Adresse schreiben, etwa name@example.org.",
  noPhone: "Bitte die ganze Nummer schreiben: Ziffern, mit Ländervorwahl oder gewähltem Land.",
  everyRow: "Bitte jede Zeile beantworten.",
  wrongSum: "Bitte genau {0} vergeben.",
  didYouMean: "Meinten Sie {0}?",
  callingCode: "Land und Vorwahl",
  severalARow: "In jeder Zeile beliebig viele auswählen.",
  share: "Verteilen Sie {0} darauf.",
  left: "Noch zu vergeben: {0} von {1}",
  over: "Zu viel: {0}",
  allGiven: "Alles vergeben: {0}",
  evenly: "Gleich verteilen",
};
