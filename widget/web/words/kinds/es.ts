import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Otra…",
  otherText: "{0} Con tus palabras",
  sayWhat: "Escribe cuál, o elige otra respuesta.",
  ofSteps: "{0} de {1}",
  movesOn: "Al tocar una respuesta se pasa a la pregunta siguiente.",
  tapNeededWhy:
    "Al elegir una respuesta lo aceptas y la envías. Sin esto no se puede guardar nada.",
  alsoSent: "Se envía con tus respuestas, como dice tu enlace:",
  between: "Escribe un número de {0} a {1}.",
  orMore: "Escribe {0} o más.",
  orLess: "Escribe {0} o menos.",
  inSteps: "Solo de {0} en {0}.",
  noNumber: "Escribe un número, por ejemplo {0}.",
  noEmail: "Escribe una dirección completa, como nombre@example.org.",
  noPhone: "Escribe el número completo: cifras, con el prefijo o el país elegido.",
  everyRow: "Responde en cada fila.",
  wrongSum: "Reparte exactamente {0}.",
  didYouMean: "¿Querías decir {0}?",
  callingCode: "País y prefijo",
  severalARow: "Elige cuantas quieras en cada fila.",
  share: "Reparte {0} entre estas opciones.",
  left: "Por repartir: {0} de {1}",
  over: "De más: {0}",
  allGiven: "Todo repartido: {0}",
  evenly: "Repartir por igual",
};
