import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Fermer",
  reasons: {
    unknown: ["Rien ici", "Cette question n’est plus posée ici, ou ne l’a jamais été."],
    unplaced: ["Rien à répondre ici", "Ce site n’a pas le droit de montrer ces questions."],
    undecided: [
      "Nous ne pouvons pas recevoir votre réponse",
      "Rien ne dit où garder les réponses de votre pays, donc aucune n’est reçue. Rien n’a été enregistré.",
    ],
    away: ["Pas de connexion", "Vérifiez la connexion, puis réessayez."],
    other: ["Un problème est survenu", "Rien n’a été enregistré. Réessayez plus tard."],
  },
};
