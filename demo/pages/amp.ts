// Runs the AMP part of a mail in the demo's inbox. Its form goes to the demo's server, which posts it to the edge as a mail
// provider's proxy does.
import { runAmp } from "../amp-runtime.ts";

const answers = location.pathname.replace(/amp$/, "answers");

runAmp(document, (_url, form) => fetch(answers, { method: "POST", body: form }));
