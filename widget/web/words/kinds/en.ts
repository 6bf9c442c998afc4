import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Other…",
  otherText: "{0} In your own words",
  sayWhat: "Please say what, or choose another answer.",
  ofSteps: "{0} of {1}",
  movesOn: "A tap on an answer leads to the next question.",
  tapNeededWhy:
    "By choosing an answer you agree to this, and it is sent. Without it nothing is recorded.",
  alsoSent: "Sent with your answers, as your link says:",
  between: "Please write a number from {0} to {1}.",
  orMore: "Please write {0} or more.",
  orLess: "Please write {0} or less.",
  inSteps: "Only in steps of {0}.",
  noNumber: "Please write a number, such as {0}.",
  noEmail: "Please write a whole address, such as name@example.org.",
  noPhone: "Please write the whole number: digits, with the country code or its country chosen.",
  everyRow: "Please answer every row.",
  wrongSum: "Please give away exactly {0}.",
  didYouMean: "Did you mean {0}?",
  callingCode: "Country and its calling code",
  severalARow: "Choose as many in each row as you like.",
  share: "Share {0} among these.",
  left: "Left to give: {0} of {1}",
  over: "Too much by {0}",
  allGiven: "All {0} given",
  evenly: "Share evenly",
};
