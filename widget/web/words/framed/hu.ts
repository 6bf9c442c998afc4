import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Bezárás",
  reasons: {
    unknown: ["Itt nincs semmi", "Ezt a kérdést itt már nem teszik fel, vagy sosem tették fel."],
    unplaced: ["Itt nincs mire válaszolni", "Ez a webhely nem mutathatja ezeket a kérdéseket."],
    undecided: [
      "Nem fogadhatjuk a válaszát",
      "Nincs eldöntve, hol tároljuk az országából érkező válaszokat, ezért nem fogadunk el egyet sem. Semmit sem rögzítettünk.",
    ],
    away: ["Nincs kapcsolat", "Ellenőrizze a kapcsolatot, és próbálja újra."],
    other: ["Hiba történt", "Semmit sem rögzítettünk. Próbálja később."],
  },
};
