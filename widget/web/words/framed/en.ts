import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Close",
  reasons: {
    unknown: ["Nothing here", "This question is not asked any more, or was never asked here."],
    unplaced: ["Nothing to answer here", "This page may not show these questions."],
    undecided: [
      "We cannot take your answer",
      "No place is decided where answers from your country are kept, so none is taken. Nothing was recorded.",
    ],
    away: ["No connection", "Check the connection, then try again."],
    other: ["Something went wrong", "Nothing was recorded. Please try again later."],
  },
};
