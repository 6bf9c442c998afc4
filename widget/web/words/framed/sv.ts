import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Stäng",
  reasons: {
    unknown: ["Här finns ingenting", "Frågan ställs inte längre här, eller har aldrig ställts."],
    unplaced: ["Här finns inget att svara på", "Webbplatsen får inte visa de här frågorna."],
    undecided: [
      "Vi kan inte ta emot ditt svar",
      "Det är inte bestämt var svar från ditt land sparas, så vi tar inte emot några. Ingenting sparades.",
    ],
    away: ["Ingen anslutning", "Kontrollera anslutningen och försök igen."],
    other: ["Något gick fel", "Ingenting sparades. Försök senare."],
  },
};
