import type { Target } from "../fuzz.ts";
import { publication } from "./admin.ts";
import { dataRequest, readerRequest } from "./asked.ts";
import { ampForm, oneClick } from "./forms.ts";
import { intake, streamRecord } from "./intake.ts";
import { httpSignature, invitation, keyDirectory, receipt } from "./invitation.ts";
import { problem } from "./page.ts";
import { answer, consent, envelope, preferences } from "./sealed.ts";

/** Every parser that meets the network, in the order in which an answer meets them. */
export const targets: readonly Target[] = [
  invitation,
  answer,
  consent,
  envelope,
  preferences,
  ampForm,
  readerRequest,
  dataRequest,
  oneClick,
  publication,
  httpSignature,
  intake,
  streamRecord,
  receipt,
  keyDirectory,
  problem,
];
