// A reader's own copy of what a region holds of them (SPEC §3.11), sealed to a key that only that reader has.
import { utf8, type Bytes } from "./bytes.ts";
import { openBase } from "./hpke/open-base.ts";
import { Nenc } from "./hpke/suite.ts";

/** HPKE's `info`; its `aad` are the invitation's 102 bytes. */
export const copyInfo: Bytes = utf8("application/vnd.maily.copy v1\0");

/** The copy's UTF-8 JSON from `enc ‖ ct`; `skR` is the 32-byte seed. Undefined where it was sealed to somebody else, or altered. */
export const openCopy = (
  envelope: Bytes,
  skR: Bytes,
  invitation: Bytes,
): Promise<Bytes | undefined> =>
  openBase(envelope.slice(0, Nenc), skR, copyInfo, invitation, envelope.slice(Nenc));
