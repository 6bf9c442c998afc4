import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Sulje",
  reasons: {
    unknown: [
      "Täällä ei ole mitään",
      "Tätä kysymystä ei enää kysytä täällä tai ei ole koskaan kysytty.",
    ],
    unplaced: ["Täällä ei ole vastattavaa", "Tämä sivusto ei saa näyttää näitä kysymyksiä."],
    undecided: [
      "Emme voi ottaa vastaustasi",
      "Ei ole päätetty, missä maasi vastaukset säilytetään, joten emme ota niitä vastaan. Mitään ei tallennettu.",
    ],
    away: ["Ei yhteyttä", "Tarkista yhteys ja yritä uudelleen."],
    other: ["Jokin meni vikaan", "Mitään ei tallennettu. Yritä myöhemmin."],
  },
};
