import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Sluiten",
  reasons: {
    unknown: ["Hier is niets", "Deze vraag wordt hier niet of niet meer gesteld."],
    unplaced: ["Hier valt niets te beantwoorden", "Deze site mag deze vragen niet tonen."],
    undecided: [
      "Wij kunnen uw antwoord niet aannemen",
      "Er is niet bepaald waar antwoorden uit uw land worden bewaard, dus nemen we er geen aan. Er is niets opgeslagen.",
    ],
    away: ["Geen verbinding", "Controleer de verbinding en probeer het opnieuw."],
    other: ["Er ging iets mis", "Er is niets opgeslagen. Probeer het later opnieuw."],
  },
};
