// What a reader asks for beside answering (SPEC §3.10, §3.11); none of it is fetched before it is wanted.
import type {
  Accepted,
  DataRequest,
  PreferencesSubmission,
  ReaderRequest,
  Recorded,
  SealedCopy,
} from "../../sdk/schema/submission.ts";
import { ask, post, type Reply } from "./edge.ts";

export const postWithdrawal = (invitation: string): Promise<Reply<Accepted>> =>
  ask("/v1/withdrawals", post({ invitation }));

export const postPreferences = (submission: PreferencesSubmission): Promise<Reply<Accepted>> =>
  ask("/v1/preferences", post(submission));

export const postRequest = (request: ReaderRequest): Promise<Reply<Recorded>> =>
  ask("/v1/requests", post(request));

export const postDataRequest = (request: DataRequest): Promise<Reply<SealedCopy>> =>
  ask("/v1/my-data", post(request));
