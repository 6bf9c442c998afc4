import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Chiudi",
  reasons: {
    unknown: ["Qui non c’è nulla", "Questa domanda qui non si pone più, o non si è mai posta."],
    unplaced: [
      "Qui non c’è nulla a cui rispondere",
      "Questo sito non può mostrare queste domande.",
    ],
    undecided: [
      "Non possiamo accettare la sua risposta",
      "Non è deciso dove si conservano le risposte dal suo paese, perciò non se ne accettano. Nulla è stato registrato.",
    ],
    away: ["Nessuna connessione", "Controlli la connessione e riprovi."],
    other: ["Qualcosa è andato storto", "Nulla è stato registrato. Riprovi più tardi."],
  },
};
