import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Închideți",
  reasons: {
    unknown: [
      "Nu este nimic aici",
      "Această întrebare nu se mai pune aici sau nu s-a pus niciodată.",
    ],
    unplaced: [
      "Nu este nimic la care să răspundeți",
      "Acest site nu are voie să arate aceste întrebări.",
    ],
    undecided: [
      "Nu putem primi răspunsul dvs.",
      "Nu este hotărât unde se păstrează răspunsurile din țara dvs., așa că nu primim niciunul. Nu s-a înregistrat nimic.",
    ],
    away: ["Fără conexiune", "Verificați conexiunea și încercați din nou."],
    other: ["Ceva nu a mers", "Nu s-a înregistrat nimic. Încercați mai târziu."],
  },
};
