// Constant-time AES-256-GCM (FIPS 197, NIST SP 800-38D) for WebAssembly with 128-bit vectors: no table in memory is ever
// indexed by, and no branch ever taken on, key or text. Our own writing of published ideas, with thanks to their authors:
//
// - the S-box as Boyar and Peralta's circuit of logic gates ("A new combinational logic minimization technique with
//   applications to cryptology", 2010);
// - eight blocks in eight planes, in which ShiftRows is a shuffle of bytes: Käsper and Schwabe ("Faster and
//   Timing-Attack Resistant AES-GCM", 2009);
// - GHASH by tables of sixteen that lie in one vector, looked up by a shuffle: Hamburg ("Accelerating AES with Vector
//   Permute Instructions", 2009) for the idea.
//
// Plane i holds bit i of all bytes of eight blocks: byte p of the plane is byte p of the blocks, bit b of it is block b.
//
// What the caller writes, and where, is as in aes-gcm.ts, whose results are the same.

const PLANES: usize = 0; // 8 vectors; afterwards the key stream's 8 blocks
const TABLE: usize = 128; // 16 × 2 vectors
const POWER: usize = 640; // a vector
const KEY: usize = 1152; // 32 bytes
const NONCE: usize = 1184; // 12 bytes, and four that stay zero
const ROUND_KEYS: usize = 1280; // 15 × 8 vectors
const DATA: usize = 4096;

const ROUNDS: usize = 14;

// @ts-ignore: decorator
@inline
function xor(a: v128, b: v128): v128 {
  return v128.xor(a, b);
}

// @ts-ignore: decorator
@inline
function and(a: v128, b: v128): v128 {
  return v128.and(a, b);
}

/** SubBytes on the eight planes, less the final addition of 0x63, which the round keys carry. */
function subBytes(): void {
  const x0 = v128.load(PLANES, 112);
  const x1 = v128.load(PLANES, 96);
  const x2 = v128.load(PLANES, 80);
  const x3 = v128.load(PLANES, 64);
  const x4 = v128.load(PLANES, 48);
  const x5 = v128.load(PLANES, 32);
  const x6 = v128.load(PLANES, 16);
  const x7 = v128.load(PLANES, 0);

  // The linear layer on top: from the byte to the tower of fields.
  const y14 = xor(x3, x5);
  const y13 = xor(x0, x6);
  const y9 = xor(x0, x3);
  const y8 = xor(x0, x5);
  const t0 = xor(x1, x2);
  const y1 = xor(t0, x7);
  const y4 = xor(y1, x3);
  const y12 = xor(y13, y14);
  const y2 = xor(y1, x0);
  const y5 = xor(y1, x6);
  const y3 = xor(y5, y8);
  const t1 = xor(x4, y12);
  const y15 = xor(t1, x5);
  const y20 = xor(t1, x1);
  const y6 = xor(y15, x7);
  const y10 = xor(y15, t0);
  const y11 = xor(y20, y9);
  const y7 = xor(x7, y11);
  const y17 = xor(y10, y11);
  const y19 = xor(y10, y8);
  const y16 = xor(t0, y11);
  const y21 = xor(y13, y16);
  const y18 = xor(x0, y16);

  // The inversion.
  const t2 = and(y12, y15);
  const t4 = xor(and(y3, y6), t2);
  const t6 = xor(and(y4, x7), t2);
  const t7 = and(y13, y16);
  const t9 = xor(and(y5, y1), t7);
  const t11 = xor(and(y2, y7), t7);
  const t12 = and(y9, y11);
  const t14 = xor(and(y14, y17), t12);
  const t16 = xor(and(y8, y10), t12);
  const t21 = xor(xor(t4, t14), y20);
  const t22 = xor(xor(t6, t16), y19);
  const t23 = xor(xor(t9, t14), y21);
  const t24 = xor(xor(t11, t16), y18);
  const t25 = xor(t21, t22);
  const t26 = and(t21, t23);
  const t27 = xor(t24, t26);
  const t29 = xor(and(t25, t27), t22);
  const t30 = xor(t23, t24);
  const t33 = xor(and(xor(t22, t26), t30), t24);
  const t36 = and(t24, xor(t27, t33));
  const t37 = xor(xor(t36, t23), t33);
  const t40 = xor(t25, and(t29, xor(t27, t36)));
  const t41 = xor(t40, t37);
  const t42 = xor(t29, t33);
  const t43 = xor(t29, t40);
  const t44 = xor(t33, t37);
  const t45 = xor(t42, t41);
  const z0 = and(t44, y15);
  const z1 = and(t37, y6);
  const z2 = and(t33, x7);
  const z3 = and(t43, y16);
  const z4 = and(t40, y1);
  const z5 = and(t29, y7);
  const z6 = and(t42, y11);
  const z7 = and(t45, y17);
  const z8 = and(t41, y10);
  const z9 = and(t44, y12);
  const z10 = and(t37, y3);
  const z11 = and(t33, y4);
  const z12 = and(t43, y13);
  const z13 = and(t40, y5);
  const z14 = and(t29, y2);
  const z15 = and(t42, y9);
  const z16 = and(t45, y14);
  const z17 = and(t41, y8);

  // The linear layer below: back to the byte, and the affine map.
  const t46 = xor(z15, z16);
  const t48 = xor(z5, z13);
  const t53 = xor(z0, z3);
  const t54 = xor(z6, z7);
  const t57 = xor(xor(z2, z12), t53);
  const t58 = xor(z4, t46);
  const t59 = xor(z3, t54);
  const t60 = xor(t46, t57);
  const t62 = xor(xor(z7, z8), t58);
  const t63 = xor(xor(z9, z10), t58);
  const t64 = xor(z4, t59);
  const t65 = xor(xor(z14, t57), t62);
  const t66 = xor(z1, t63);
  const s3 = xor(t53, t66);
  v128.store(PLANES, xor(t59, t63), 112);
  v128.store(PLANES, xor(t64, s3), 96);
  v128.store(PLANES, xor(xor(z16, z17), xor(t64, t65)), 80);
  v128.store(PLANES, s3, 64);
  v128.store(PLANES, xor(xor(z2, z5), t66), 48);
  v128.store(PLANES, xor(xor(z10, z11), t65), 32);
  v128.store(PLANES, xor(xor(z12, t48), t62), 16);
  v128.store(PLANES, xor(t48, t60), 0);
}

/** FIPS 197 §5.1.2. */
// @ts-ignore: decorator
@inline
function shiftRows(plane: v128): v128 {
  return v128.shuffle<i8>(plane, plane, 0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11);
}

/** ShiftRows, and then each column's next byte in the place of each. */
// @ts-ignore: decorator
@inline
function nextRow(plane: v128): v128 {
  return v128.shuffle<i8>(plane, plane, 5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12);
}

/** Each column's next byte but one in the place of each. */
// @ts-ignore: decorator
@inline
function oppositeRow(plane: v128): v128 {
  return v128.shuffle<i8>(plane, plane, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

/** ShiftRows, MixColumns and AddRoundKey: a column's new byte is 2(a₀ + a₁) + a₁ + (a₂ + a₃) with a₀ its own row. */
function mixColumns(roundKey: usize): void {
  const a7 = v128.load(PLANES, 112);
  const sum7 = xor(shiftRows(a7), nextRow(a7));
  // Doubling in GF(2⁸) brings each plane to the next, and the highest to those of x⁸ = x⁴ + x³ + x + 1.
  let carried = sum7;
  let reduction: i32 = 0b11010;
  for (let plane = PLANES; plane < PLANES + 128; plane += 16) {
    const bits = v128.load(plane);
    const next = nextRow(bits);
    const sum = xor(shiftRows(bits), next);
    const reduced = and(sum7, i8x16.splat(<i8>-(reduction & 1)));
    v128.store(
      plane,
      xor(xor(xor(next, oppositeRow(sum)), xor(carried, reduced)), v128.load(roundKey)),
    );
    carried = sum;
    reduction >>= 1;
    roundKey += 16;
  }
}

/** Swaps the bits of `mask` in the plane at `high`, `distance` up, with those in the plane at `low`. */
function swap(low: usize, high: usize, mask: i8, distance: i32): void {
  const a = v128.load(low);
  const b = v128.load(high);
  const difference = and(xor(i64x2.shr_u(a, distance), b), i8x16.splat(mask));
  v128.store(low, xor(a, i64x2.shl(difference, distance)));
  v128.store(high, xor(b, difference));
}

/** Writes at `address` the planes of eight blocks equal to `block`. */
function slice(address: usize, block: v128): void {
  for (let bit: i32 = 1; bit < 256; bit <<= 1) {
    const mask = i8x16.splat(<i8>bit);
    v128.store(address, i8x16.eq(and(block, mask), mask));
    address += 16;
  }
}

/** FIPS 197 §5.2: expands the key, and lays each round key out in planes. */
function expandKey(): void {
  let current = v128.load(KEY, 16);
  let last = v128.load(KEY);
  slice(ROUND_KEYS, last);
  let roundConstant: i32 = 1;
  for (let roundKey = ROUND_KEYS + 128; ; roundKey += 128) {
    slice(roundKey, xor(current, i8x16.splat(0x63)));
    if (roundKey == ROUND_KEYS + 128 * ROUNDS) break;
    slice(PLANES, current);
    subBytes();
    let substituted = i8x16.splat(0x63);
    let plane = PLANES;
    for (let bit: i32 = 1; bit < 256; bit <<= 1) {
      substituted = xor(substituted, and(v128.load(plane), i8x16.splat(<i8>bit)));
      plane += 16;
    }
    // Every other round key begins with a turned word and a constant (§5.2, Nk = 8).
    let added: v128;
    if (!(roundKey & 128)) added = v128.shuffle<i32>(substituted, substituted, 3, 3, 3, 3);
    else {
      added = xor(
        v128.shuffle<i8>(substituted, substituted, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12),
        i32x4.splat(roundConstant),
      );
      roundConstant <<= 1;
    }
    const none = i8x16.splat(0);
    last = xor(last, v128.shuffle<i32>(none, last, 0, 4, 5, 6));
    last = xor(last, v128.shuffle<i32>(none, last, 0, 1, 4, 5));
    added = xor(last, added);
    last = current;
    current = added;
  }
}

/** The key stream of counters `counter` to `counter` + 7, at PLANES; `counter` is a multiple of 8. `lanes` empties blocks to zero. */
function encryptCounters(counter: i32, lanes: i8): void {
  slice(PLANES, i32x4.replace_lane(v128.load(NONCE), 3, bswap(counter)));
  // The three low bits of the counter are the block's own number.
  store<u8>(PLANES, 0xaa, 15);
  store<u8>(PLANES, 0xcc, 31);
  store<u8>(PLANES, 0xf0, 47);
  for (let plane: usize = 0; plane < 128; plane += 16)
    v128.store(
      PLANES + plane,
      xor(and(v128.load(PLANES + plane), i8x16.splat(lanes)), v128.load(ROUND_KEYS + plane)),
    );
  for (let roundKey = ROUND_KEYS + 128; roundKey < ROUND_KEYS + 128 * ROUNDS; roundKey += 128) {
    subBytes();
    mixColumns(roundKey);
  }
  subBytes();
  // The last round mixes no columns (FIPS 197 §5.1).
  for (let plane: usize = 0; plane < 128; plane += 16)
    v128.store(
      PLANES + plane,
      xor(shiftRows(v128.load(PLANES + plane)), v128.load(ROUND_KEYS + 128 * ROUNDS + plane)),
    );

  // From planes to blocks: sixteen transpositions of 8 × 8 bits at once.
  for (let plane: usize = 0; plane < 128; plane += 32) swap(plane, plane + 16, 0x55, 1);
  for (let plane: usize = 0; plane < 128; plane += plane & 16 ? 48 : 16)
    swap(plane, plane + 32, 0x33, 2);
  for (let plane: usize = 0; plane < 64; plane += 16) swap(plane, plane + 64, 0x0f, 4);
}

/** SP 800-38D §6.3: `product` times x, and more of it; the bit of x⁰ is the highest of the first byte. */
function timesX(power: v128): v128 {
  const turned = v128.shuffle<i8>(power, power, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
  // x¹²⁸ = x⁷ + x² + x + 1: of it, 1 comes with the turned bytes.
  const reduced = and(i8x16.neg(and(turned, i8x16(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))), i8x16.splat(0x61));
  return xor(xor(i8x16.shr_u(power, 1), i8x16.shl(turned, 7)), reduced);
}

/** Readies H's multiples: TABLE's vectors 2j and 2j + 1 hold byte j of H times each high and each low half of a byte. */
function prepareTable(power: v128): void {
  const halves = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (let bit: i32 = 0; bit < 8; bit++) {
    const weight: i32 = 8 >> (bit & 3);
    const mask = i8x16.splat(<i8>weight);
    const having = i8x16.eq(and(halves, mask), mask);
    v128.store(POWER, power);
    let vector: usize = TABLE + (bit & 4) * 4;
    for (let byte: usize = 0; byte < 16; byte++) {
      v128.store(vector, xor(v128.load(vector), and(v128.load8_splat(POWER + byte), having)));
      vector += 32;
    }
    power = timesX(power);
  }
}

/** `factor` times H. */
function timesH(factor: v128): v128 {
  const high = i8x16.shr_u(factor, 4);
  const low = and(factor, i8x16.splat(0x0f));
  const none = i8x16.splat(0);
  let product = none;
  let beyond = none;
  for (let vector = TABLE + 480; vector >= TABLE; vector -= 32) {
    // A byte further: what comes to x¹²⁸ and more is kept apart. It is 15 bytes at most.
    beyond = v128.shuffle<i8>(product, beyond, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    product = xor(
      v128.shuffle<i8>(none, product, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30),
      xor(v128.swizzle(v128.load(vector), high), v128.swizzle(v128.load(vector, 16), low)),
    );
  }
  const turned = v128.shuffle<i8>(none, beyond, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const shifted = xor(xor(beyond, i8x16.shr_u(beyond, 1)), xor(i8x16.shr_u(beyond, 2), i8x16.shr_u(beyond, 7)));
  const carried = xor(i8x16.shl(turned, 7), xor(i8x16.shl(turned, 6), i8x16.shl(turned, 1)));
  return xor(product, xor(shifted, carried));
}

/** Takes data, zero up to a whole block, into the hash. */
function hash(sum: v128, address: usize, bytes: i32): v128 {
  for (; bytes > 0; bytes -= 16) {
    sum = timesH(xor(sum, v128.load(address)));
    address += 16;
  }
  return sum;
}

/** Expands key and nonce. The first eight blocks are those of H (all zero), of the tag (counter 1), and of the text's first 96 bytes. */
function begin(): void {
  expandKey();
  encryptCounters(0, -2);
  prepareTable(v128.load(PLANES));
}

// @ts-ignore: decorator
@inline
function textAfter(aadBytes: i32): usize {
  return DATA + ((aadBytes + 15) & -16);
}

/** SP 800-38D §7.1, steps 4 to 6: the tag of the ciphertext in place; `mask` is the second block of `begin`. */
function tag(aadBytes: i32, textBytes: i32, mask: v128): v128 {
  const sum = hash(hash(i8x16.splat(0), DATA, aadBytes), textAfter(aadBytes), textBytes);
  const lengths = i32x4(0, bswap(aadBytes << 3), 0, bswap(textBytes << 3));
  return xor(mask, timesH(xor(sum, lengths)));
}

/** Adds the key stream to the text; what lies behind the text is left as it is. */
function addStream(text: usize, textBytes: i32): void {
  let stream: usize = PLANES + 32;
  let counter: i32 = 0;
  for (; textBytes > 0; textBytes -= 16) {
    if (stream == PLANES + 128) {
      counter += 8;
      encryptCounters(counter, -1);
      stream = PLANES;
    }
    let block = v128.load(stream);
    // Of the last block, only the bytes that the text has.
    if (textBytes < 16)
      block = and(block, i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>textBytes)));
    v128.store(text, xor(v128.load(text), block));
    text += 16;
    stream += 16;
  }
}

/** Encrypts the text in place and writes its tag behind it. */
export function seal(aadBytes: i32, textBytes: i32): void {
  begin();
  const mask = v128.load(PLANES, 16);
  const text = textAfter(aadBytes);
  addStream(text, textBytes);
  v128.store(text + textBytes, tag(aadBytes, textBytes, mask));
}

/** Decrypts the text in place and returns 1; or returns 0, with nothing decrypted, if the tag behind it does not hold. */
export function open(aadBytes: i32, textBytes: i32): i32 {
  begin();
  const text = textAfter(aadBytes);
  const given = v128.load(text + textBytes);
  v128.store(text + textBytes, i8x16.splat(0));
  if (v128.any_true(xor(given, tag(aadBytes, textBytes, v128.load(PLANES, 16))))) return 0;
  addStream(text, textBytes);
  return 1;
}
