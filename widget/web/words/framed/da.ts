import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Luk",
  reasons: {
    unknown: [
      "Her er ingenting",
      "Spørgsmålet stilles ikke længere her eller er aldrig blevet stillet.",
    ],
    unplaced: ["Her er intet at svare på", "Webstedet må ikke vise disse spørgsmål."],
    undecided: [
      "Vi kan ikke tage imod dit svar",
      "Det er ikke bestemt, hvor svar fra dit land gemmes, så vi tager ikke imod nogen. Intet blev gemt.",
    ],
    away: ["Ingen forbindelse", "Kontrollér forbindelsen, og prøv igen."],
    other: ["Noget gik galt", "Intet blev gemt. Prøv senere."],
  },
};
