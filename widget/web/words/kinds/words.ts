/** What the further kinds of questions say (widget/web/kinds); the words of all else are in ../words.ts. */
export interface KindsWords {
  /** The option under which a reader writes an answer of their own. */
  readonly other: string;
  /** Names the field beside that option; {0} is what the option says. */
  readonly otherText: string;
  /** A fault: that option was chosen, and nothing was written. */
  readonly sayWhat: string;
  /** Names a step: {0} its number, {1} the highest. */
  readonly ofSteps: string;
  /** Said of a question where a tap on an option leads to the next one. */
  readonly movesOn: string;
  /** In the place of `neededWhy` where the tap on an option sends at once. */
  readonly tapNeededWhy: string;
  /** Above what the link brought and is sent with the answers. */
  readonly alsoSent: string;
  /** What number may be written, as a hint and as a fault. */
  readonly between: string;
  readonly orMore: string;
  readonly orLess: string;
  readonly inSteps: string;
  /** Faults; {0} is a number or a total. */
  readonly noNumber: string;
  readonly noEmail: string;
  readonly noPhone: string;
  readonly everyRow: string;
  readonly wrongSum: string;
  /** A button with the address that was probably meant, {0}. */
  readonly didYouMean: string;
  /** Names the list of countries and their calling codes before a telephone number. */
  readonly callingCode: string;
  /** Hints: several boxes of a row may be ticked; a total {0} is given away among options. */
  readonly severalARow: string;
  readonly share: string;
  /** How much of a total {1} is still to give, {0}; by how much it is exceeded, {0}; that all of it, {0}, is given. */
  readonly left: string;
  readonly over: string;
  readonly allGiven: string;
  /** A button that gives every option the same. */
  readonly evenly: string;
}
