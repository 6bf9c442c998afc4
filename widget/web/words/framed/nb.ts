import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Lukk",
  reasons: {
    unknown: [
      "Her er det ingenting",
      "Spørsmålet stilles ikke lenger her, eller er aldri blitt stilt.",
    ],
    unplaced: [
      "Her er det ingenting å svare på",
      "Nettstedet har ikke lov til å vise disse spørsmålene.",
    ],
    undecided: [
      "Vi kan ikke ta imot svaret ditt",
      "Det er ikke bestemt hvor svar fra landet ditt lagres, så vi tar ikke imot noen. Ingenting ble lagret.",
    ],
    away: ["Ingen tilkobling", "Kontroller tilkoblingen og prøv igjen."],
    other: ["Noe gikk galt", "Ingenting ble lagret. Prøv senere."],
  },
};
