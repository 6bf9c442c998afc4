// ML-KEM-768 encapsulation (FIPS 203) for plain MVP WebAssembly: no branch, no address and no division depends on a secret.
// Only the sampling of the public matrix branches, and on public bytes.
//
// The caller puts the encapsulation key at KEY and the 32 random bytes at COINS, and finds the shared secret at SECRET and
// the ciphertext at CIPHERTEXT; and zeroes all memory afterwards.
import { permute, sponge, STATE } from "./keccak";

const INPUT: usize = 320; // what goes into a sponge: at most 64 bytes
const SECRET: usize = 384; // K, and behind it r, 64 bytes together
const COINS: usize = 448; // 32 bytes
const KEY: usize = 480; // 1,184 bytes
const CIPHERTEXT: usize = 1664; // 1,088 bytes
const ZETAS: usize = 2752; // 128 words of 32 bits
const Y: usize = 3264; // 3 polynomials of 256 words of 32 bits: 1,024 bytes each
const SUM: usize = 6336; // a polynomial
const TERM: usize = 7360; // a polynomial

const Q: u32 = 3329;
const K: usize = 3;
const POLYNOMIAL: usize = 1024;
const SEED_OF_MATRIX: usize = KEY + 1152;

/** `value` divided by 3,329, rounded down; `value` is less than 2³². A product, not a division, whose time could tell. */
// @ts-ignore: decorator
@inline
function quotient(value: u32): u32 {
  // 2³² ÷ 3,329, rounded down, so that the estimate is right or one too small.
  const estimate = <u32>((<u64>value * 1290167) >> 32);
  return estimate + ((Q - 1 - (value - estimate * Q)) >> 31);
}

// @ts-ignore: decorator
@inline
function reduce(value: u32): u32 {
  return value - quotient(value) * Q;
}

/** FIPS 203, Appendix A: ζ to the power of the reversed seven bits of each index. */
function prepareZetas(): void {
  for (let index: u32 = 0; index < 128; index++) {
    let zeta: u32 = 1;
    let base: u32 = 17;
    for (let bit: u32 = 64; bit > 0; bit >>= 1) {
      if (index & bit) zeta = reduce(zeta * base);
      base = reduce(base * base);
    }
    store<u32>(ZETAS + 4 * index, zeta);
  }
}

/** Algorithm 9. */
function ntt(polynomial: usize): void {
  let zetas = ZETAS + 4;
  for (let length: usize = 512; length >= 8; length >>= 1)
    for (let start = polynomial; start < polynomial + POLYNOMIAL; start += 2 * length) {
      const zeta = load<u32>(zetas);
      zetas += 4;
      for (let at = start; at < start + length; at += 4) {
        const term = reduce(zeta * load<u32>(at + length));
        const value = load<u32>(at);
        store<u32>(at + length, reduce(value + Q - term));
        store<u32>(at, reduce(value + term));
      }
    }
}

/** Algorithm 10, on SUM. */
function inverseNtt(): void {
  let zetas = ZETAS + 4 * 127;
  for (let length: usize = 8; length <= 512; length <<= 1)
    for (let start = SUM; start < SUM + POLYNOMIAL; start += 2 * length) {
      const zeta = load<u32>(zetas);
      zetas -= 4;
      for (let at = start; at < start + length; at += 4) {
        const value = load<u32>(at);
        const other = load<u32>(at + length);
        store<u32>(at, reduce(value + other));
        store<u32>(at + length, reduce(zeta * (other + Q - value)));
      }
    }
  for (let at = SUM; at < SUM + POLYNOMIAL; at += 4) store<u32>(at, reduce(load<u32>(at) * 3303));
}

/** Algorithms 11 and 12: adds the product of TERM and the polynomial at `factor` to SUM. */
function multiplyAdd(factor: usize): void {
  for (let at: usize = 0; at < POLYNOMIAL; at += 8) {
    const a0 = load<u32>(TERM + at, 0);
    const a1 = load<u32>(TERM + at, 4);
    const b0 = load<u32>(factor + at, 0);
    const b1 = load<u32>(factor + at, 4);
    const zeta = load<u32>(ZETAS + 256 + ((at >> 4) << 2));
    const gamma = at & 8 ? Q - zeta : zeta;
    store<u32>(SUM + at, reduce(load<u32>(SUM + at, 0) + a0 * b0 + reduce(a1 * b1) * gamma), 0);
    store<u32>(SUM + at, reduce(load<u32>(SUM + at, 4) + a0 * b1 + a1 * b0), 4);
  }
}

/** Algorithm 7, into TERM: entry (row, column) of the public matrix. */
function sampleMatrix(row: u8, column: u8): void {
  for (let index: usize = 0; index < 32; index += 8)
    store<u64>(INPUT + index, load<u64>(SEED_OF_MATRIX + index));
  store<u8>(INPUT, column, 32);
  store<u8>(INPUT, row, 33);
  sponge(INPUT, 34, 168, 31);
  let to = TERM;
  for (let from = STATE; to < TERM + POLYNOMIAL; from += 3) {
    if (from == STATE + 168) {
      permute();
      from = STATE;
    }
    const pair = load<u32>(from);
    const first = pair & 0xfff;
    const second = (pair >> 12) & 0xfff;
    if (first < Q) {
      store<u32>(to, first);
      to += 4;
    }
    if (second < Q && to < TERM + POLYNOMIAL) {
      store<u32>(to, second);
      to += 4;
    }
  }
}

/** Algorithm 8 with η 2 on PRF(r, nonce) (§4.1): adds small noise to the polynomial at `to`. */
function addNoise(to: usize, nonce: u8): void {
  for (let index: usize = 0; index < 32; index += 8)
    store<u64>(INPUT + index, load<u64>(SECRET + index, 32));
  store<u8>(INPUT, nonce, 32);
  sponge(INPUT, 33, 136, 31);
  for (let index: usize = 0; index < 256; index++) {
    const bits = <u32>load<u8>(STATE + (index >> 1)) >> (4 * <u32>(index & 1));
    const noise = Q + (bits & 1) + ((bits >> 1) & 1) - ((bits >> 2) & 1) - ((bits >> 3) & 1);
    store<u32>(to + 4 * index, reduce(load<u32>(to + 4 * index) + noise));
  }
}

/** Algorithm 6 with 12 bits, into TERM: polynomial `index` of the key. Returns whether each coefficient is below q (§7.2). */
function decodeKey(index: usize): bool {
  let excess: u32 = 0;
  let from = KEY + 384 * index;
  for (let to = TERM; to < TERM + POLYNOMIAL; to += 8) {
    const pair = load<u32>(from);
    from += 3;
    const first = pair & 0xfff;
    const second = (pair >> 12) & 0xfff;
    excess |= (Q - 1 - first) | (Q - 1 - second);
    store<u32>(to, first, 0);
    store<u32>(to, second, 4);
  }
  return excess >> 31 == 0;
}

/** Algorithm 5 after Compress (§4.2.1): `bits` of each coefficient of SUM, 4 or 10. */
function encode(to: usize, bits: u64): void {
  let buffer: u64 = 0;
  let filled: u64 = 0;
  for (let at = SUM; at < SUM + POLYNOMIAL; at += 4) {
    const compressed = quotient((load<u32>(at) << <u32>bits) + Q / 2) & ((1 << <u32>bits) - 1);
    buffer |= <u64>compressed << filled;
    for (filled += bits; filled >= 8; filled -= 8) {
      store<u8>(to++, <u8>buffer);
      buffer >>= 8;
    }
  }
}

function clear(polynomial: usize): void {
  for (let at = polynomial; at < polynomial + POLYNOMIAL; at += 8) store<u64>(at, 0);
}

/** Algorithms 14 and 17. Returns 0, and no secret, if the bytes at KEY are no encapsulation key (§7.2). */
export function encapsulate(): i32 {
  for (let index: usize = 0; index < K; index++) if (!decodeKey(index)) return 0;
  prepareZetas();
  // (K, r) = G(m ‖ H(ek))
  sponge(KEY, 1184, 136, 6);
  for (let index: usize = 0; index < 32; index += 8) {
    store<u64>(INPUT + index, load<u64>(COINS + index));
    store<u64>(INPUT + index, load<u64>(STATE + index), 32);
  }
  sponge(INPUT, 64, 72, 6);
  for (let index: usize = 0; index < 64; index += 8)
    store<u64>(SECRET + index, load<u64>(STATE + index));

  for (let index: usize = 0; index < K; index++) {
    const polynomial = Y + POLYNOMIAL * index;
    clear(polynomial);
    addNoise(polynomial, <u8>index);
    ntt(polynomial);
  }
  // u = NTT⁻¹(Âᵀ ∘ ŷ) + e₁
  for (let column: usize = 0; column < K; column++) {
    clear(SUM);
    for (let row: usize = 0; row < K; row++) {
      sampleMatrix(<u8>row, <u8>column);
      multiplyAdd(Y + POLYNOMIAL * row);
    }
    inverseNtt();
    addNoise(SUM, <u8>(K + column));
    encode(CIPHERTEXT + 320 * column, 10);
  }
  // v = NTT⁻¹(t̂ᵀ ∘ ŷ) + e₂ + μ
  clear(SUM);
  for (let index: usize = 0; index < K; index++) {
    decodeKey(index);
    multiplyAdd(Y + POLYNOMIAL * index);
  }
  inverseNtt();
  addNoise(SUM, 6);
  for (let index: usize = 0; index < 256; index++) {
    const bit = (<u32>load<u8>(COINS + (index >> 3)) >> <u32>(index & 7)) & 1;
    store<u32>(SUM + 4 * index, reduce(load<u32>(SUM + 4 * index) + bit * 1665));
  }
  encode(CIPHERTEXT + 960, 4);
  return 1;
}

/** SHA3-256 of `bytes` bytes at KEY, left at STATE: what X-Wing combines its secrets with. */
export function sha3(bytes: i32): void {
  sponge(KEY, bytes, 136, 6);
}
