// Constant-time AES-256-GCM (FIPS 197, NIST SP 800-38D) for plain MVP WebAssembly: no table is ever indexed by, and no
// branch ever taken on, key or text. Our own writing of published ideas, with thanks to their authors:
//
// - the S-box as Boyar and Peralta's circuit of logic gates ("A new combinational logic minimization technique with
//   applications to cryptology", 2010), bitsliced over 64-bit words as in Thomas Pornin's BearSSL (aes_ct64);
// - ShiftRows never carried out: round keys and MixColumns are turned instead, which is Adomnicai and Peyrin's
//   fixslicing ("Fixslicing AES-like Ciphers", 2020);
// - carry-less products from integer products of operands with holes, and their high halves from bit-reversed
//   operands, as in BearSSL (ghash_ctmul64).
//
// Four blocks are worked on at a time. They lie in eight planes of 64 bits: plane i holds bit i of all 64 bytes, the
// byte in row r and column c of block b at position 16r + 4c + b.
//
// The caller writes KEY and NONCE, puts the additional data at DATA and the text at the next multiple of 16 behind it, with
// its tag, if it is to be opened, right after; and zeroes all memory afterwards. What it does not write must be zero.

const PLANES: usize = 0; // 8 words
const ROUND_KEYS: usize = 64; // 15 × 8 words
const NONCE_PLANES: usize = 1024; // 8 words
const STREAM: usize = 1088; // 64 bytes of key stream
const KEY: usize = 1152; // 32 bytes
const NONCE: usize = 1184; // 12 bytes
const WORDS: usize = 1216; // 60 words of the expanded key, 240 bytes
const POWERS: usize = 1536; // H², H: 2 × 6 operands × 4 classes of bits, 384 bytes
const PRODUCTS: usize = 1920; // 6 words
const DATA: usize = 4096; // as in aes-gcm-simd.ts

const ROUNDS: i32 = 14;

/** SubBytes on the eight planes in memory, less the final addition of 0x63, which the round keys carry. */
function subBytes(): void {
  const x0 = load<u64>(PLANES, 56);
  const x1 = load<u64>(PLANES, 48);
  const x2 = load<u64>(PLANES, 40);
  const x3 = load<u64>(PLANES, 32);
  const x4 = load<u64>(PLANES, 24);
  const x5 = load<u64>(PLANES, 16);
  const x6 = load<u64>(PLANES, 8);
  const x7 = load<u64>(PLANES, 0);

  // The linear layer on top: from the byte to the tower of fields.
  const y14 = x3 ^ x5;
  const y13 = x0 ^ x6;
  const y9 = x0 ^ x3;
  const y8 = x0 ^ x5;
  const t0 = x1 ^ x2;
  const y1 = t0 ^ x7;
  const y4 = y1 ^ x3;
  const y12 = y13 ^ y14;
  const y2 = y1 ^ x0;
  const y5 = y1 ^ x6;
  const y3 = y5 ^ y8;
  const t1 = x4 ^ y12;
  const y15 = t1 ^ x5;
  const y20 = t1 ^ x1;
  const y6 = y15 ^ x7;
  const y10 = y15 ^ t0;
  const y11 = y20 ^ y9;
  const y7 = x7 ^ y11;
  const y17 = y10 ^ y11;
  const y19 = y10 ^ y8;
  const y16 = t0 ^ y11;
  const y21 = y13 ^ y16;
  const y18 = x0 ^ y16;

  // The inversion.
  const t2 = y12 & y15;
  const t4 = (y3 & y6) ^ t2;
  const t6 = (y4 & x7) ^ t2;
  const t7 = y13 & y16;
  const t9 = (y5 & y1) ^ t7;
  const t11 = (y2 & y7) ^ t7;
  const t12 = y9 & y11;
  const t14 = (y14 & y17) ^ t12;
  const t16 = (y8 & y10) ^ t12;
  const t21 = t4 ^ t14 ^ y20;
  const t22 = t6 ^ t16 ^ y19;
  const t23 = t9 ^ t14 ^ y21;
  const t24 = t11 ^ t16 ^ y18;
  const t25 = t21 ^ t22;
  const t26 = t21 & t23;
  const t27 = t24 ^ t26;
  const t29 = (t25 & t27) ^ t22;
  const t30 = t23 ^ t24;
  const t33 = ((t22 ^ t26) & t30) ^ t24;
  const t36 = t24 & (t27 ^ t33);
  const t37 = t36 ^ t23 ^ t33;
  const t40 = t25 ^ (t29 & (t27 ^ t36));
  const t41 = t40 ^ t37;
  const t42 = t29 ^ t33;
  const t43 = t29 ^ t40;
  const t44 = t33 ^ t37;
  const t45 = t42 ^ t41;
  const z0 = t44 & y15;
  const z1 = t37 & y6;
  const z2 = t33 & x7;
  const z3 = t43 & y16;
  const z4 = t40 & y1;
  const z5 = t29 & y7;
  const z6 = t42 & y11;
  const z7 = t45 & y17;
  const z8 = t41 & y10;
  const z9 = t44 & y12;
  const z10 = t37 & y3;
  const z11 = t33 & y4;
  const z12 = t43 & y13;
  const z13 = t40 & y5;
  const z14 = t29 & y2;
  const z15 = t42 & y9;
  const z16 = t45 & y14;
  const z17 = t41 & y8;

  // The linear layer below: back to the byte, and the affine map.
  const t46 = z15 ^ z16;
  const t48 = z5 ^ z13;
  const t53 = z0 ^ z3;
  const t54 = z6 ^ z7;
  const t57 = z2 ^ z12 ^ t53;
  const t58 = z4 ^ t46;
  const t59 = z3 ^ t54;
  const t60 = t46 ^ t57;
  const t62 = z7 ^ z8 ^ t58;
  const t63 = z9 ^ z10 ^ t58;
  const t64 = z4 ^ t59;
  const t65 = z14 ^ t57 ^ t62;
  const t66 = z1 ^ t63;
  const s3 = t53 ^ t66;
  store<u64>(PLANES, t59 ^ t63, 56);
  store<u64>(PLANES, t64 ^ s3, 48);
  store<u64>(PLANES, z16 ^ z17 ^ t64 ^ t65, 40);
  store<u64>(PLANES, s3, 32);
  store<u64>(PLANES, z2 ^ z5 ^ t66, 24);
  store<u64>(PLANES, z10 ^ z11 ^ t65, 16);
  store<u64>(PLANES, z12 ^ t48 ^ t62, 8);
  store<u64>(PLANES, t48 ^ t60, 0);
}

/** Brings row r + 1, column c + turn to row r, column c. */
// @ts-ignore: decorator
@inline
function nextRow(plane: u64, turn: i32): u64 {
  if (turn == 0) return rotr(plane, 16);
  const kept: u64 = turn == 1 ? 0x0fff0fff0fff0fff : turn == 2 ? 0x00ff00ff00ff00ff : 0x000f000f000f000f;
  return (rotr(plane, 16 + 4 * turn) & kept) | (rotr(plane, 4 * turn) & ~kept);
}

/** Brings row r + 2, column c + 2 × turn to row r, column c. */
// @ts-ignore: decorator
@inline
function oppositeRow(plane: u64, turn: i32): u64 {
  if (!(turn & 1)) return rotr(plane, 32);
  return (rotr(plane, 40) & 0x00ff00ff00ff00ff) | (rotr(plane, 24) & 0xff00ff00ff00ff00);
}

/** MixColumns and AddRoundKey of a round after which ShiftRows has been left out `turn` times, modulo 4. */
// @ts-ignore: decorator
@inline
function mixColumns(turn: i32, roundKey: usize): void {
  // A column's new byte is 2(a₀ + a₁) + a₁ + (a₂ + a₃) with a₀ its own row: `sum` is a₀ + a₁, doubled in GF(2⁸).
  const a7 = load<u64>(PLANES, 56);
  const n7 = nextRow(a7, turn);
  const sum7 = a7 ^ n7;
  const a0 = load<u64>(PLANES, 0);
  const n0 = nextRow(a0, turn);
  const sum0 = a0 ^ n0;
  store<u64>(PLANES, n0 ^ oppositeRow(sum0, turn) ^ sum7 ^ load<u64>(roundKey, 0), 0);
  const a1 = load<u64>(PLANES, 8);
  const n1 = nextRow(a1, turn);
  const sum1 = a1 ^ n1;
  store<u64>(PLANES, n1 ^ oppositeRow(sum1, turn) ^ sum0 ^ sum7 ^ load<u64>(roundKey, 8), 8);
  const a2 = load<u64>(PLANES, 16);
  const n2 = nextRow(a2, turn);
  const sum2 = a2 ^ n2;
  store<u64>(PLANES, n2 ^ oppositeRow(sum2, turn) ^ sum1 ^ load<u64>(roundKey, 16), 16);
  const a3 = load<u64>(PLANES, 24);
  const n3 = nextRow(a3, turn);
  const sum3 = a3 ^ n3;
  store<u64>(PLANES, n3 ^ oppositeRow(sum3, turn) ^ sum2 ^ sum7 ^ load<u64>(roundKey, 24), 24);
  const a4 = load<u64>(PLANES, 32);
  const n4 = nextRow(a4, turn);
  const sum4 = a4 ^ n4;
  store<u64>(PLANES, n4 ^ oppositeRow(sum4, turn) ^ sum3 ^ sum7 ^ load<u64>(roundKey, 32), 32);
  const a5 = load<u64>(PLANES, 40);
  const n5 = nextRow(a5, turn);
  const sum5 = a5 ^ n5;
  store<u64>(PLANES, n5 ^ oppositeRow(sum5, turn) ^ sum4 ^ load<u64>(roundKey, 40), 40);
  const a6 = load<u64>(PLANES, 48);
  const n6 = nextRow(a6, turn);
  const sum6 = a6 ^ n6;
  store<u64>(PLANES, n6 ^ oppositeRow(sum6, turn) ^ sum5 ^ load<u64>(roundKey, 48), 48);
  store<u64>(PLANES, n7 ^ oppositeRow(sum7, turn) ^ sum6 ^ load<u64>(roundKey, 56), 56);
}

function addRoundKey(roundKey: usize): void {
  for (let plane: usize = 0; plane < 64; plane += 8)
    store<u64>(PLANES + plane, load<u64>(PLANES + plane) ^ load<u64>(roundKey + plane));
}

/** Swaps the bits of `mask` in the plane at `high`, `distance` up, with those in the plane at `low`. */
// @ts-ignore: decorator
@inline
function swap(low: usize, high: usize, mask: u64, distance: u64): void {
  const a = load<u64>(low);
  const b = load<u64>(high);
  const difference = ((a >> distance) ^ b) & mask;
  store<u64>(low, a ^ (difference << distance));
  store<u64>(high, b ^ difference);
}

/** Lays the rows of one column, at every other byte of `pairs`, beside one another. */
// @ts-ignore: decorator
@inline
function storeColumn(address: usize, pairs: u64): void {
  store<u32>(address, <u32>(pairs | (pairs >> 16)));
}

/** Encrypts the four blocks in the planes into STREAM. */
function encryptBlocks(): void {
  addRoundKey(ROUND_KEYS);
  for (let roundKey = ROUND_KEYS + 64; ; roundKey += 256) {
    subBytes();
    mixColumns(1, roundKey);
    subBytes();
    if (roundKey == ROUND_KEYS + 64 * (ROUNDS - 1)) break; // The last round mixes no columns (FIPS 197 §5.1).
    mixColumns(2, roundKey + 64);
    subBytes();
    mixColumns(3, roundKey + 128);
    subBytes();
    mixColumns(0, roundKey + 192);
  }
  addRoundKey(ROUND_KEYS + 64 * ROUNDS);

  // From planes to bytes: eight transpositions of 8 × 8 bits at once.
  for (let plane: usize = 0; plane < 64; plane += 16)
    swap(PLANES + plane, PLANES + plane + 8, 0x5555555555555555, 1);
  for (let plane: usize = 0; plane < 64; plane += plane & 8 ? 24 : 8)
    swap(PLANES + plane, PLANES + plane + 16, 0x3333333333333333, 2);
  for (let plane: usize = 0; plane < 32; plane += 8)
    swap(PLANES + plane, PLANES + plane + 32, 0x0f0f0f0f0f0f0f0f, 4);

  // Word b now has columns 0 and 2 of block b, byte by byte in turn, word b + 4 columns 1 and 3. ShiftRows is owed
  // twice (14 ≡ 2), which trades these columns in rows 1 and 3.
  for (let block: usize = 0; block < 4; block++) {
    const even = load<u64>(PLANES + 8 * block);
    const odd = load<u64>(PLANES + 8 * block, 32);
    const address = STREAM + 16 * block;
    storeColumn(address, (even & 0x000000ff000000ff) | ((even >> 16) & 0x0000ff000000ff00));
    storeColumn(address + 4, (odd & 0x000000ff000000ff) | ((odd >> 16) & 0x0000ff000000ff00));
    storeColumn(address + 8, (even >> 8) & 0x0000ffff0000ffff);
    storeColumn(address + 12, (odd >> 8) & 0x0000ffff0000ffff);
  }
}

/** Puts the four rows of a column 16 bits apart. */
function spread(column: u32): u64 {
  const pairs = (<u64>column | (<u64>column << 16)) & 0x0000ffff0000ffff;
  return (pairs | (pairs << 8)) & 0x00ff00ff00ff00ff;
}

/** Writes at `address` the planes of four equal blocks whose column c has in row r the byte of spread column c - turn × r. */
function slice(address: usize, turn: i32, s0: u64, s1: u64, s2: u64, s3: u64, added: u64): void {
  for (let shifts = 0; shifts < turn; shifts++) {
    // One ShiftRows backwards: row r of column c comes from column c - r.
    const c0 = s0;
    const c1 = s1;
    const c2 = s2;
    s0 = (c0 & 0xff) | (s3 & 0xff0000) | (c2 & 0xff00000000) | (c1 & 0xff000000000000);
    s1 = (c1 & 0xff) | (c0 & 0xff0000) | (s3 & 0xff00000000) | (c2 & 0xff000000000000);
    s2 = (c2 & 0xff) | (c1 & 0xff0000) | (c0 & 0xff00000000) | (s3 & 0xff000000000000);
    s3 = (s3 & 0xff) | (c2 & 0xff0000) | (c1 & 0xff00000000) | (c0 & 0xff000000000000);
  }
  s0 ^= added;
  s1 ^= added;
  s2 ^= added;
  s3 ^= added;
  for (let bit: u64 = 0; bit < 8; bit++) {
    const rows: u64 = 0x0001000100010001;
    const nibbles =
      ((s0 >> bit) & rows) |
      (((s1 >> bit) & rows) << 4) |
      (((s2 >> bit) & rows) << 8) |
      (((s3 >> bit) & rows) << 12);
    store<u64>(address + 8 * <usize>bit, nibbles * 15);
  }
}

/** FIPS 197 §5.2, SubWord through the same circuit. */
function subWord(word: u32): u32 {
  for (let bit: u32 = 0; bit < 8; bit++)
    store<u64>(PLANES + 8 * <usize>bit, <u64>((word >> bit) & 0x01010101));
  subBytes();
  let substituted: u32 = 0x63636363;
  for (let bit: u32 = 0; bit < 8; bit++)
    substituted ^= (<u32>load<u64>(PLANES + 8 * <usize>bit) & 0x01010101) << bit;
  return substituted;
}

/** FIPS 197 §5.2: expands the key, and lays each round key out in planes, turned as its round needs it. */
function expandKey(): void {
  for (let index: usize = 0; index < 32; index += 4)
    store<u32>(WORDS + index, load<u32>(KEY + index));
  let word = load<u32>(KEY, 28);
  let roundConstant: u32 = 1;
  for (let index: usize = 32; index < 240; index += 4) {
    if ((index & 31) == 0) {
      word = subWord(rotr(word, 8)) ^ roundConstant;
      roundConstant <<= 1;
    } else if ((index & 31) == 16) word = subWord(word);
    word ^= load<u32>(WORDS + index - 32);
    store<u32>(WORDS + index, word);
  }
  for (let round = 0; round <= ROUNDS; round++) {
    const words = WORDS + 16 * <usize>round;
    slice(
      ROUND_KEYS + 64 * <usize>round,
      round & 3,
      spread(load<u32>(words)),
      spread(load<u32>(words, 4)),
      spread(load<u32>(words, 8)),
      spread(load<u32>(words, 12)),
      round == 0 ? 0 : 0x0063006300630063,
    );
  }
}

/** Encrypts the counter blocks `counter` to `counter` + 3; `counter` is a multiple of 4. `lanes` empties blocks to zero. */
function encryptCounters(counter: u32, lanes: u64): void {
  const column = spread(bswap(counter));
  for (let bit: u64 = 0; bit < 8; bit++) {
    const nibbles = (((column >> bit) & 0x0001000100010001) * 15) << 12;
    store<u64>(PLANES + 8 * <usize>bit, (load<u64>(NONCE_PLANES + 8 * <usize>bit) | nibbles) & lanes);
  }
  // The two low bits of the counter are the block's own number: row 3, column 3.
  store<u64>(PLANES, load<u64>(PLANES, 0) | 0xa000000000000000, 0);
  store<u64>(PLANES, load<u64>(PLANES, 8) | 0xc000000000000000, 8);
  encryptBlocks();
}

function reverseBits(word: u64): u64 {
  word = ((word >> 1) & 0x5555555555555555) | ((word & 0x5555555555555555) << 1);
  word = ((word >> 2) & 0x3333333333333333) | ((word & 0x3333333333333333) << 2);
  word = ((word >> 4) & 0x0f0f0f0f0f0f0f0f) | ((word & 0x0f0f0f0f0f0f0f0f) << 4);
  return bswap(word);
}

/** Splits an operand into four with three holes after each bit, in which an integer product's carries die. */
function storeClasses(address: usize, operand: u64): void {
  store<u64>(address, operand & 0x1111111111111111, 0);
  store<u64>(address, operand & 0x2222222222222222, 8);
  store<u64>(address, operand & 0x4444444444444444, 16);
  store<u64>(address, operand & 0x8888888888888888, 24);
}

/** Readies a power of H, of degree 127 to 64 in `high`, as Karatsuba's three operands and their reversals. */
function storePower(address: usize, high: u64, low: u64): void {
  const highReversed = reverseBits(high);
  const lowReversed = reverseBits(low);
  storeClasses(address, low);
  storeClasses(address + 32, high);
  storeClasses(address + 64, low ^ high);
  storeClasses(address + 96, lowReversed);
  storeClasses(address + 128, highReversed);
  storeClasses(address + 160, lowReversed ^ highReversed);
}

/** Adds the low 64 bits of the carry-less product of `operand` and the one at `classes` to the word at `product`. */
function multiply(product: usize, operand: u64, classes: usize): void {
  const a0 = operand & 0x1111111111111111;
  const a1 = operand & 0x2222222222222222;
  const a2 = operand & 0x4444444444444444;
  const a3 = operand & 0x8888888888888888;
  const b0 = load<u64>(classes, 0);
  const b1 = load<u64>(classes, 8);
  const b2 = load<u64>(classes, 16);
  const b3 = load<u64>(classes, 24);
  store<u64>(
    product,
    load<u64>(product) ^
      (((a0 * b0) ^ (a1 * b3) ^ (a2 * b2) ^ (a3 * b1)) & 0x1111111111111111) ^
      (((a0 * b1) ^ (a1 * b0) ^ (a2 * b3) ^ (a3 * b2)) & 0x2222222222222222) ^
      (((a0 * b2) ^ (a1 * b1) ^ (a2 * b0) ^ (a3 * b3)) & 0x4444444444444444) ^
      (((a0 * b3) ^ (a1 * b2) ^ (a2 * b1) ^ (a3 * b0)) & 0x8888888888888888),
  );
}

// The GHASH accumulator: degrees in GCM's order, so that the bit of x⁰ is the highest of `accumulatorHigh`.
let accumulatorHigh: u64 = 0;
let accumulatorLow: u64 = 0;

/** Adds the product of two 64-bit halves and the power of H at `power` to PRODUCTS, unreduced. */
function multiplyAdd(high: u64, low: u64, power: usize): void {
  const highReversed = reverseBits(high);
  const lowReversed = reverseBits(low);
  multiply(PRODUCTS, low, power);
  multiply(PRODUCTS + 8, high, power + 32);
  multiply(PRODUCTS + 16, low ^ high, power + 64);
  multiply(PRODUCTS + 24, lowReversed, power + 96);
  multiply(PRODUCTS + 32, highReversed, power + 128);
  multiply(PRODUCTS + 40, lowReversed ^ highReversed, power + 160);
}

/** SP 800-38D §6.3: sums up PRODUCTS, and reduces them by x¹²⁸ + x⁷ + x² + x + 1 into the accumulator. */
function reduce(): void {
  const low = load<u64>(PRODUCTS, 0);
  const high = load<u64>(PRODUCTS, 8);
  const lowReversed = load<u64>(PRODUCTS, 24);
  const highReversed = load<u64>(PRODUCTS, 32);
  const middle = load<u64>(PRODUCTS, 16) ^ low ^ high;
  const middleReversed = load<u64>(PRODUCTS, 40) ^ lowReversed ^ highReversed;
  for (let word: usize = 0; word < 48; word += 8) store<u64>(PRODUCTS + word, 0);

  let w0 = low;
  let w1 = (reverseBits(lowReversed) >> 1) ^ middle;
  let w2 = (reverseBits(middleReversed) >> 1) ^ high;
  let w3 = reverseBits(highReversed) >> 1;
  // A product of reversed operands is reversed and one bit short: shift all 256 bits up by one.
  w3 = (w3 << 1) | (w2 >> 63);
  w2 = (w2 << 1) | (w1 >> 63);
  w1 = (w1 << 1) | (w0 >> 63);
  w0 <<= 1;
  w2 ^= w0 ^ (w0 >> 1) ^ (w0 >> 2) ^ (w0 >> 7);
  w1 ^= (w0 << 63) ^ (w0 << 62) ^ (w0 << 57);
  accumulatorHigh = w3 ^ w1 ^ (w1 >> 1) ^ (w1 >> 2) ^ (w1 >> 7);
  accumulatorLow = w2 ^ (w1 << 63) ^ (w1 << 62) ^ (w1 << 57);
}

/** Takes data, zero up to a whole block, into the accumulator, two blocks at a time: (y + x₁)H² + x₂H. */
function hash(address: usize, bytes: i32): void {
  for (; bytes > 16; bytes -= 32) {
    multiplyAdd(
      accumulatorHigh ^ bswap(load<u64>(address)),
      accumulatorLow ^ bswap(load<u64>(address, 8)),
      POWERS,
    );
    multiplyAdd(bswap(load<u64>(address, 16)), bswap(load<u64>(address, 24)), POWERS + 192);
    reduce();
    address += 32;
  }
  if (bytes > 0) {
    multiplyAdd(
      accumulatorHigh ^ bswap(load<u64>(address)),
      accumulatorLow ^ bswap(load<u64>(address, 8)),
      POWERS + 192,
    );
    reduce();
  }
}

/** Expands key and nonce. The first four blocks are those of H (all zero), of the tag (counter 1), and of the text's first 32 bytes. */
function begin(): void {
  expandKey();
  slice(
    NONCE_PLANES,
    0,
    spread(load<u32>(NONCE)),
    spread(load<u32>(NONCE, 4)),
    spread(load<u32>(NONCE, 8)),
    0,
    0,
  );
  encryptCounters(0, 0xeeeeeeeeeeeeeeee);
  const high = bswap(load<u64>(STREAM));
  const low = bswap(load<u64>(STREAM, 8));
  storePower(POWERS + 192, high, low);
  multiplyAdd(high, low, POWERS + 192);
  reduce();
  storePower(POWERS, accumulatorHigh, accumulatorLow);
}

// @ts-ignore: decorator
@inline
function textAfter(aadBytes: i32): usize {
  return DATA + ((aadBytes + 15) & -16);
}

// The tag as computed, in memory's order of bytes.
let tagFirst: u64 = 0;
let tagSecond: u64 = 0;

/** SP 800-38D §7.1, steps 4 to 6: the tag of the ciphertext in place; the mask of `begin` is `maskFirst`, `maskSecond`. */
function authenticate(aadBytes: i32, textBytes: i32, maskFirst: u64, maskSecond: u64): void {
  accumulatorHigh = 0;
  accumulatorLow = 0;
  hash(DATA, aadBytes);
  hash(textAfter(aadBytes), textBytes);
  multiplyAdd(
    accumulatorHigh ^ (<u64>aadBytes << 3),
    accumulatorLow ^ (<u64>textBytes << 3),
    POWERS + 192,
  );
  reduce();
  tagFirst = maskFirst ^ bswap(accumulatorHigh);
  tagSecond = maskSecond ^ bswap(accumulatorLow);
  accumulatorHigh = 0;
  accumulatorLow = 0;
}

/** Adds the key stream to the text; what lies behind the text is left as it is. */
function addStream(text: usize, textBytes: i32): void {
  let stream: usize = STREAM + 32;
  let counter: u32 = 0;
  for (; textBytes > 0; textBytes -= 8) {
    if (stream == STREAM + 64) {
      counter += 4;
      encryptCounters(counter, -1);
      stream = STREAM;
    }
    let word = load<u64>(stream);
    // Of the last word, only the bytes that the text has.
    if (textBytes < 8) word &= ((<u64>1) << (8 * textBytes)) - 1;
    store<u64>(text, load<u64>(text) ^ word);
    text += 8;
    stream += 8;
  }
}

/** Encrypts the text in place and writes its tag behind it. */
export function seal(aadBytes: i32, textBytes: i32): void {
  begin();
  const maskFirst = load<u64>(STREAM, 16);
  const maskSecond = load<u64>(STREAM, 24);
  const text = textAfter(aadBytes);
  addStream(text, textBytes);
  authenticate(aadBytes, textBytes, maskFirst, maskSecond);
  store<u64>(text + textBytes, tagFirst, 0);
  store<u64>(text + textBytes, tagSecond, 8);
}

/** Decrypts the text in place and returns 1; or returns 0, with nothing decrypted, if the tag behind it does not hold. */
export function open(aadBytes: i32, textBytes: i32): i32 {
  begin();
  const text = textAfter(aadBytes);
  const first = load<u64>(text + textBytes, 0);
  const second = load<u64>(text + textBytes, 8);
  store<u64>(text + textBytes, 0, 0);
  store<u64>(text + textBytes, 0, 8);
  authenticate(aadBytes, textBytes, load<u64>(STREAM, 16), load<u64>(STREAM, 24));
  if (((first ^ tagFirst) | (second ^ tagSecond)) != 0) return 0;
  addStream(text, textBytes);
  return 1;
}
