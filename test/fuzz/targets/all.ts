import type { Target } from "../fuzz.ts";
import { publication } from "./admin.ts";
import { dataRequest, readerRequest } from "./asked.ts";
import { events } from "./events.ts";
import { ampForm, oneClick } from "./forms.ts";
import { intake, streamRecord } from "./intake.ts";
import { httpSignature, invitation, keyDirectory, receipt } from "./invitation.ts";
import { problem } from "./page.ts";
import { payload } from "./payload.ts";
import { visit } from "./visit.ts";
import { answer, consent, envelope, preferences } from "./sealed.ts";

/** Every parser that meets the network, in the order in which an answer meets them. */
export const targets: readonly Target[] = [
  invitation,
  answer,
  consent,
  envelope,
  payload,
  preferences,
  events,
  ampForm,
  readerRequest,
  dataRequest,
  oneClick,
  visit,
  publication,
  httpSignature,
  intake,
  streamRecord,
  receipt,
  keyDirectory,
  problem,
];
