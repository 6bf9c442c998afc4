// The door of this chunk: what the page calls where a campaign needs more than the basic kinds (../more.ts).
export { pathOf } from "../../../sdk/calculated.ts";
export { checkMore } from "../../../sdk/check-more.ts";
export { aboutOf } from "./about.ts";
export { AlsoSent } from "./also-sent.tsx";
export { Control } from "./control.tsx";
export { hiddenIn, setHidden } from "./hidden.ts";
export { kindText } from "./kind-text.ts";
export { withAnswers } from "./pipes.ts";
export { fetchWords, wordsOf } from "./speech.ts";
