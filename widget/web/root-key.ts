import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";

/** Put in by the build from MAILY_ROOT_KEY: base64url of the deployment's 32-byte root key. */
declare const MAILY_ROOT_KEY: string;

export const rootKey = (): Bytes => fromBase64url(MAILY_ROOT_KEY) ?? new Uint8Array(0);
