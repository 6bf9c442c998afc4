import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Jiné…",
  otherText: "{0} Vlastními slovy",
  sayWhat: "Napište co, nebo vyberte jinou odpověď.",
  ofSteps: "{0} z {1}",
  movesOn: "Klepnutí na odpověď vede k další otázce.",
  tapNeededWhy:
    "Výběrem odpovědi s tím souhlasíte a odpověď se odešle. Bez toho se nic nezaznamená.",
  alsoSent: "Odesílá se s odpověďmi, jak uvádí váš odkaz:",
  between: "Napište číslo od {0} do {1}.",
  orMore: "Napište {0} nebo více.",
  orLess: "Napište {0} nebo méně.",
  inSteps: "Jen v krocích po {0}.",
  noNumber: "Napište číslo, například {0}.",
  noEmail: "Napište celou adresu, například jmeno@example.org.",
  noPhone: "Napište celé číslo: číslice, s předvolbou nebo vybranou zemí.",
  everyRow: "Odpovězte v každém řádku.",
  wrongSum: "Rozdělte přesně {0}.",
  didYouMean: "Mysleli jste {0}?",
  callingCode: "Země a její předvolba",
  severalARow: "V každém řádku vyberte, kolik chcete.",
  share: "Rozdělte mezi ně {0}.",
  left: "Zbývá rozdělit: {0} z {1}",
  over: "Přebývá: {0}",
  allGiven: "Vše rozděleno: {0}",
  evenly: "Rozdělit rovným dílem",
};
