import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Zavřít",
  reasons: {
    unknown: ["Nic tu není", "Tato otázka se zde už neklade nebo nikdy nekladla."],
    unplaced: ["Zde není na co odpovídat", "Tento web nesmí tyto otázky ukazovat."],
    undecided: [
      "Vaši odpověď nemůžeme přijmout",
      "Není určeno, kde se uchovávají odpovědi z vaší země, proto žádné nepřijímáme. Nic se nezaznamenalo.",
    ],
    away: ["Žádné připojení", "Zkontrolujte připojení a zkuste to znovu."],
    other: ["Něco se pokazilo", "Nic se nezaznamenalo. Zkuste to později."],
  },
};
