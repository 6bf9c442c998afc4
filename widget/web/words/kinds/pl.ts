import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Inne…",
  otherText: "{0} Własnymi słowami",
  sayWhat: "Napisz, co, albo wybierz inną odpowiedź.",
  ofSteps: "{0} z {1}",
  movesOn: "Dotknięcie odpowiedzi prowadzi do następnego pytania.",
  tapNeededWhy:
    "Wybierając odpowiedź, wyrażasz na to zgodę i ją wysyłasz. Bez tego nic nie zostanie zapisane.",
  alsoSent: "Wysyłane z odpowiedziami, zgodnie z linkiem:",
  between: "Wpisz liczbę od {0} do {1}.",
  orMore: "Wpisz {0} lub więcej.",
  orLess: "Wpisz {0} lub mniej.",
  inSteps: "Tylko co {0}.",
  noNumber: "Wpisz liczbę, na przykład {0}.",
  noEmail: "Wpisz cały adres, na przykład imie@example.org.",
  noPhone: "Wpisz cały numer: cyfry, z kodem kraju lub wybranym krajem.",
  everyRow: "Odpowiedz w każdym wierszu.",
  wrongSum: "Rozdziel dokładnie {0}.",
  didYouMean: "Czy chodzi o {0}?",
  callingCode: "Kraj i numer kierunkowy",
  severalARow: "W każdym wierszu wybierz, ile chcesz.",
  share: "Rozdziel między nie {0}.",
  left: "Zostało: {0} z {1}",
  over: "Za dużo o {0}",
  allGiven: "Rozdzielono całość: {0}",
  evenly: "Rozdziel po równo",
};
