import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Schließen",
  reasons: {
    unknown: ["Hier ist nichts", "Diese Frage wird hier nicht oder nicht mehr gestellt."],
    unplaced: ["Hier gibt es nichts zu beantworten", "Diese Website darf die Fragen nicht zeigen."],
    undecided: [
      "Wir können Ihre Antwort nicht annehmen",
      "Es ist nicht festgelegt, wo Antworten aus Ihrem Land gespeichert werden; darum nehmen wir keine an. Gespeichert wurde nichts.",
    ],
    away: ["Keine Verbindung", "Bitte die Verbindung prüfen und erneut versuchen."],
    other: ["Etwas ging schief", "Gespeichert wurde nichts. Bitte später versuchen."],
  },
};
