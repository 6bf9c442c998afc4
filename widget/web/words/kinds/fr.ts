import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Autre…",
  otherText: "{0} Avec vos mots",
  sayWhat: "Dites quoi, ou choisissez une autre réponse.",
  ofSteps: "{0} sur {1}",
  movesOn: "Toucher une réponse mène à la question suivante.",
  tapNeededWhy:
    "En choisissant une réponse, vous l’acceptez et l’envoyez. Sans cela, rien ne peut être enregistré.",
  alsoSent: "Envoyé avec vos réponses, comme l’indique votre lien :",
  between: "Écrivez un nombre de {0} à {1}.",
  orMore: "Écrivez {0} ou plus.",
  orLess: "Écrivez {0} ou moins.",
  inSteps: "Par pas de {0} seulement.",
  noNumber: "Écrivez un nombre, par exemple {0}.",
  noEmail: "Écrivez une adresse entière, par exemple nom@example.org.",
  noPhone: "Écrivez le numéro entier : des chiffres, avec l’indicatif ou le pays choisi.",
  everyRow: "Répondez à chaque ligne.",
  wrongSum: "Répartissez exactement {0}.",
  didYouMean: "Vouliez-vous dire {0} ?",
  callingCode: "Pays et indicatif",
  severalARow: "Choisissez-en autant que vous voulez par ligne.",
  share: "Répartissez {0} entre ces choix.",
  left: "Reste à répartir : {0} sur {1}",
  over: "En trop : {0}",
  allGiven: "Tout est réparti : {0}",
  evenly: "Répartir également",
};
