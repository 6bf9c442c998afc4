import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Muu…",
  otherText: "{0} Omin sanoin",
  sayWhat: "Kirjoita mikä, tai valitse toinen vastaus.",
  ofSteps: "{0}/{1}",
  movesOn: "Vastauksen napautus vie seuraavaan kysymykseen.",
  tapNeededWhy:
    "Valitsemalla vastauksen hyväksyt tämän ja vastaus lähetetään. Ilman sitä mitään ei tallenneta.",
  alsoSent: "Lähetetään vastaustesi mukana, kuten linkkisi kertoo:",
  between: "Kirjoita luku väliltä {0}–{1}.",
  orMore: "Kirjoita {0} tai enemmän.",
  orLess: "Kirjoita {0} tai vähemmän.",
  inSteps: "Vain {0} välein.",
  noNumber: "Kirjoita luku, esimerkiksi {0}.",
  noEmail: "Kirjoita koko osoite, esimerkiksi nimi@example.org.",
  noPhone: "Kirjoita koko numero: numerot ja maatunnus tai valittu maa.",
  everyRow: "Vastaa jokaiselle riville.",
  wrongSum: "Jaa täsmälleen {0}.",
  didYouMean: "Tarkoititko {0}?",
  callingCode: "Maa ja maatunnus",
  severalARow: "Valitse joka riviltä niin monta kuin haluat.",
  share: "Jaa {0} näiden kesken.",
  left: "Jakamatta: {0}/{1}",
  over: "Liikaa: {0}",
  allGiven: "Kaikki jaettu: {0}",
  evenly: "Jaa tasan",
};
