// The one suite of SPEC §3: X-Wing (draft-ietf-hpke-pq), HKDF-SHA256, AES-256-GCM. Never negotiated.
import { concat, u16, utf8, type Bytes } from "../bytes.ts";

export const kemId = 0x647a;
export const kdfId = 0x0001;
export const aeadId = 0x0002;

/** RFC 9180 §7.1 names: bytes of an encapsulation, of a public key, of a private key (the seed), of a shared secret. */
export const Nenc = 1120;
export const Npk = 1216;
export const Nsk = 32;
export const Nsecret = 32;
/** RFC 9180 §7.2 and §7.3: bytes of an extracted key, an AEAD key, a nonce, a tag. */
export const Nh = 32;
export const Nk = 32;
export const Nn = 12;
export const Nt = 16;

/** `kem ‖ kdf ‖ aead`, the six bytes that name the suite on the wire. */
export const suiteBytes: Bytes = concat(u16(kemId), u16(kdfId), u16(aeadId));

/** RFC 9180 §5.1. */
export const suiteId: Bytes = concat(utf8("HPKE"), suiteBytes);
