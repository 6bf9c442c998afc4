// ML-KEM-768 encapsulation (FIPS 203) for plain MVP WebAssembly: no branch, no address and no division depends on a secret.
// Only what is derived of the public key branches, and on public bytes.
//
// The caller puts the encapsulation key at KEY and calls `prepare` once. For each encapsulation it puts 32 random bytes at
// COINS, finds the shared secret at SECRET and the ciphertext at CIPHERTEXT, and zeroes all memory before KEY afterwards.
import { permute, sponge, STATE } from "./keccak";

const INPUT: usize = 320; // what goes into a sponge: at most 64 bytes
const SECRET: usize = 384; // K, and behind it r, 64 bytes together
const COINS: usize = 448; // 32 bytes
const Y: usize = 480; // 3 polynomials of 256 words of 32 bits: 1,024 bytes each
const SUM: usize = 3552; // a polynomial
const CIPHERTEXT: usize = 4576; // 1,088 bytes
const KEY: usize = 5664; // 1,184 bytes; from here on all is public
const HASH: usize = 6848; // H(ek), 32 bytes
const ZETAS: usize = 6880; // 128 words of 32 bits
const MATRIX: usize = 7392; // 4 × 3 polynomials: the columns of Â, then t̂

const Q: u32 = 3329;
const K: usize = 3;
const POLYNOMIAL: usize = 1024;
const SEED_OF_MATRIX: usize = KEY + 1152;

/** `value` divided by 3,329, rounded down; `value` is less than 2³². A product, not a division, whose time could tell. */
function quotient(value: u32): u32 {
  // 2³² ÷ 3,329, rounded down, so that the estimate is right or one too small.
  const estimate = <u32>((<u64>value * 1290167) >> 32);
  return estimate + ((Q - 1 - (value - estimate * Q)) >> 31);
}

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

/** Algorithm 9. What is added up over seven layers stays below 8q, and is reduced where it is multiplied. */
function ntt(polynomial: usize): void {
  let zetas = ZETAS + 4;
  for (let length: usize = 512; length >= 8; length >>= 1)
    for (let start = polynomial; start < polynomial + POLYNOMIAL; start += 2 * length) {
      const zeta = load<u32>(zetas);
      zetas += 4;
      for (let at = start; at < start + length; at += 4) {
        const term = reduce(zeta * load<u32>(at + length));
        const value = load<u32>(at);
        store<u32>(at + length, value + Q - term);
        store<u32>(at, value + term);
      }
    }
}

/** Algorithm 10, on SUM. Sums double with each layer: below 64q where they are subtracted, and 128q at the end. */
function inverseNtt(): void {
  let zetas = ZETAS + 4 * 127;
  for (let length: usize = 8; length <= 512; length <<= 1)
    for (let start = SUM; start < SUM + POLYNOMIAL; start += 2 * length) {
      const zeta = load<u32>(zetas);
      zetas -= 4;
      for (let at = start; at < start + length; at += 4) {
        const value = load<u32>(at);
        const other = load<u32>(at + length);
        store<u32>(at, value + other);
        store<u32>(at + length, reduce(zeta * (other + 64 * Q - value)));
      }
    }
  for (let at = SUM; at < SUM + POLYNOMIAL; at += 4) store<u32>(at, reduce(load<u32>(at) * 3303));
}

/** Algorithms 11 and 12: adds the product of the polynomials at `entry`, below q, and at `factor`, below 8q, to SUM. */
function multiplyAdd(entry: usize, factor: usize): void {
  for (let at: usize = 0; at < POLYNOMIAL; at += 8) {
    const a0 = load<u32>(entry + at, 0);
    const a1 = load<u32>(entry + at, 4);
    const b0 = load<u32>(factor + at, 0);
    const b1 = load<u32>(factor + at, 4);
    const zeta = load<u32>(ZETAS + 256 + ((at >> 4) << 2));
    const gamma = at & 8 ? Q - zeta : zeta;
    store<u32>(SUM + at, reduce(load<u32>(SUM + at, 0) + a0 * b0 + reduce(a1 * b1) * gamma), 0);
    store<u32>(SUM + at, reduce(load<u32>(SUM + at, 4) + a0 * b1 + a1 * b0), 4);
  }
}

function copy(to: usize, from: usize, bytes: usize): void {
  for (let index: usize = 0; index < bytes; index += 8)
    store<u64>(to + index, load<u64>(from + index));
}

/** Algorithm 7, to the polynomial at `to`: entry (row, column) of the public matrix. */
function sampleMatrix(to: usize, row: u8, column: u8): void {
  copy(INPUT, SEED_OF_MATRIX, 32);
  store<u8>(INPUT, column, 32);
  store<u8>(INPUT, row, 33);
  sponge(INPUT, 34, 168, 31);
  const end = to + POLYNOMIAL;
  for (let from = STATE; to < end; from += 3) {
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
    if (second < Q && to < end) {
      store<u32>(to, second);
      to += 4;
    }
  }
}

/** Algorithm 8 with η 2 on PRF(r, nonce) (§4.1): adds small noise to the polynomial at `to`. */
function addNoise(to: usize, nonce: u8): void {
  copy(INPUT, SECRET + 32, 32);
  store<u8>(INPUT, nonce, 32);
  sponge(INPUT, 33, 136, 31);
  for (let index: usize = 0; index < 256; index++) {
    const bits = <u32>load<u8>(STATE + (index >> 1)) >> (4 * <u32>(index & 1));
    const noise = Q + (bits & 1) + ((bits >> 1) & 1) - ((bits >> 2) & 1) - ((bits >> 3) & 1);
    store<u32>(to + 4 * index, reduce(load<u32>(to + 4 * index) + noise));
  }
}

/** Algorithm 6 with 12 bits: t̂ of the key. Returns whether each coefficient is below q (§7.2). */
function decodeKey(): bool {
  let excess: u32 = 0;
  let to = MATRIX + 9 * POLYNOMIAL;
  for (let from = KEY; from < SEED_OF_MATRIX; from += 3) {
    const pair = load<u32>(from);
    const first = pair & 0xfff;
    const second = (pair >> 12) & 0xfff;
    excess |= (Q - 1 - first) | (Q - 1 - second);
    store<u32>(to, first, 0);
    store<u32>(to, second, 4);
    to += 8;
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

/** Readies what depends on the key at KEY alone, as often as it is sealed to. Returns 0 if its bytes are no key (§7.2). */
export function prepare(): i32 {
  prepareZetas();
  let entry = MATRIX;
  for (let column: u8 = 0; column < 3; column++)
    for (let row: u8 = 0; row < 3; row++) {
      sampleMatrix(entry, row, column);
      entry += POLYNOMIAL;
    }
  sponge(KEY, 1184, 136, 6);
  copy(HASH, STATE, 32);
  return decodeKey();
}

/** Algorithms 14 and 17. */
export function encapsulate(): void {
  // (K, r) = G(m ‖ H(ek))
  copy(INPUT, COINS, 32);
  copy(INPUT + 32, HASH, 32);
  sponge(INPUT, 64, 72, 6);
  copy(SECRET, STATE, 64);

  for (let index: usize = 0; index < K; index++) {
    const polynomial = Y + POLYNOMIAL * index;
    clear(polynomial);
    addNoise(polynomial, <u8>index);
    ntt(polynomial);
  }
  // u = NTT⁻¹(Âᵀ ∘ ŷ) + e₁, and in the last column v = NTT⁻¹(t̂ᵀ ∘ ŷ) + e₂ + μ
  let entry = MATRIX;
  for (let column: usize = 0; column <= K; column++) {
    clear(SUM);
    for (let factor = Y; factor < Y + K * POLYNOMIAL; factor += POLYNOMIAL) {
      multiplyAdd(entry, factor);
      entry += POLYNOMIAL;
    }
    inverseNtt();
    addNoise(SUM, <u8>(K + column));
    if (column < K) encode(CIPHERTEXT + 320 * column, 10);
  }
  for (let index: usize = 0; index < 256; index++) {
    const bit = (<u32>load<u8>(COINS + (index >> 3)) >> <u32>(index & 7)) & 1;
    store<u32>(SUM + 4 * index, reduce(load<u32>(SUM + 4 * index) + bit * 1665));
  }
  encode(CIPHERTEXT + 960, 4);
}

/** SHA3-256 of `bytes` bytes at Y, left at STATE: what X-Wing combines its secrets with. */
export function sha3(bytes: i32): void {
  sponge(Y, bytes, 136, 6);
}
