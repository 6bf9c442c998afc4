import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Zamknij",
  reasons: {
    unknown: ["Nic tu nie ma", "To pytanie nie jest tu już zadawane lub nigdy nie było."],
    unplaced: ["Nie ma tu na co odpowiadać", "Ta witryna nie może pokazywać tych pytań."],
    undecided: [
      "Nie możemy przyjąć odpowiedzi",
      "Nie ustalono, gdzie przechowywać odpowiedzi z Twojego kraju, więc żadnych nie przyjmujemy. Nic nie zapisano.",
    ],
    away: ["Brak połączenia", "Sprawdź połączenie i spróbuj ponownie."],
    other: ["Coś poszło nie tak", "Nic nie zapisano. Spróbuj później."],
  },
};
