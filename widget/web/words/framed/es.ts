import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Cerrar",
  reasons: {
    unknown: ["Aquí no hay nada", "Esta pregunta ya no se hace aquí, o nunca se hizo."],
    unplaced: ["Aquí no hay nada que responder", "Este sitio no puede mostrar estas preguntas."],
    undecided: [
      "No podemos recibir tu respuesta",
      "No está decidido dónde se guardan las respuestas de tu país, así que no se recibe ninguna. No se guardó nada.",
    ],
    away: ["Sin conexión", "Comprueba la conexión e inténtalo de nuevo."],
    other: ["Algo salió mal", "No se guardó nada. Inténtalo más tarde."],
  },
};
