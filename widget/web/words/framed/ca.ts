import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Tanca",
  reasons: {
    unknown: ["Aquí no hi ha res", "Aquesta pregunta ja no es fa aquí, o no s’hi ha fet mai."],
    unplaced: ["Aquí no hi ha res per respondre", "Aquest lloc no pot mostrar aquestes preguntes."],
    undecided: [
      "No podem rebre la teva resposta",
      "No s’ha decidit on es desen les respostes del teu país, per això no se’n rep cap. No s’ha desat res.",
    ],
    away: ["Sense connexió", "Comprova la connexió i torna-ho a provar."],
    other: ["Alguna cosa ha fallat", "No s’ha desat res. Prova-ho més tard."],
  },
};
