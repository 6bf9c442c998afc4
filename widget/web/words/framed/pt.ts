import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Fechar",
  reasons: {
    unknown: ["Não há nada aqui", "Esta pergunta já não é feita aqui, ou nunca foi."],
    unplaced: ["Não há nada a responder aqui", "Este sítio não pode mostrar estas perguntas."],
    undecided: [
      "Não podemos aceitar a sua resposta",
      "Não está decidido onde se guardam respostas do seu país, por isso não aceitamos nenhuma. Nada foi registado.",
    ],
    away: ["Sem ligação", "Verifique a ligação e tente de novo."],
    other: ["Algo correu mal", "Nada foi registado. Tente mais tarde."],
  },
};
