// Keccak-f[1600] and the sponges of FIPS 202: no branch and no address depends on what is hashed.

export const STATE: usize = 64; // 25 words; what a sponge gives lies at its beginning
const COLUMNS: usize = 264; // 5 words

/** One lane's step of ρ and π: `lane` rotated comes to `to`, whose old value is returned. */
// @ts-ignore: decorator
@inline
function move(lane: u64, to: usize, turn: u64): u64 {
  const next = load<u64>(STATE + 8 * to);
  store<u64>(STATE + 8 * to, rotl(lane, turn));
  return next;
}

/** FIPS 202 §3.3. */
export function permute(): void {
  let register: u32 = 1;
  for (let round = 0; round < 24; round++) {
    // θ
    for (let x: usize = 0; x < 40; x += 8)
      store<u64>(
        COLUMNS + x,
        load<u64>(STATE + x) ^
          load<u64>(STATE + x, 40) ^
          load<u64>(STATE + x, 80) ^
          load<u64>(STATE + x, 120) ^
          load<u64>(STATE + x, 160),
      );
    for (let x: usize = 0; x < 5; x++) {
      const sum = load<u64>(COLUMNS + 8 * ((x + 4) % 5)) ^ rotl(load<u64>(COLUMNS + 8 * ((x + 1) % 5)), 1);
      for (let y: usize = 0; y < 200; y += 40)
        store<u64>(STATE + 8 * x + y, load<u64>(STATE + 8 * x + y) ^ sum);
    }
    // ρ and π, along their one cycle of 24 lanes.
    let lane = load<u64>(STATE, 8);
    lane = move(lane, 10, 1);
    lane = move(lane, 7, 3);
    lane = move(lane, 11, 6);
    lane = move(lane, 17, 10);
    lane = move(lane, 18, 15);
    lane = move(lane, 3, 21);
    lane = move(lane, 5, 28);
    lane = move(lane, 16, 36);
    lane = move(lane, 8, 45);
    lane = move(lane, 21, 55);
    lane = move(lane, 24, 2);
    lane = move(lane, 4, 14);
    lane = move(lane, 15, 27);
    lane = move(lane, 23, 41);
    lane = move(lane, 19, 56);
    lane = move(lane, 13, 8);
    lane = move(lane, 12, 25);
    lane = move(lane, 2, 43);
    lane = move(lane, 20, 62);
    lane = move(lane, 14, 18);
    lane = move(lane, 22, 39);
    lane = move(lane, 9, 61);
    lane = move(lane, 6, 20);
    move(lane, 1, 44);
    // χ
    for (let y: usize = STATE; y < STATE + 200; y += 40) {
      const a0 = load<u64>(y, 0);
      const a1 = load<u64>(y, 8);
      const a2 = load<u64>(y, 16);
      const a3 = load<u64>(y, 24);
      const a4 = load<u64>(y, 32);
      store<u64>(y, a0 ^ (~a1 & a2), 0);
      store<u64>(y, a1 ^ (~a2 & a3), 8);
      store<u64>(y, a2 ^ (~a3 & a4), 16);
      store<u64>(y, a3 ^ (~a4 & a0), 24);
      store<u64>(y, a4 ^ (~a0 & a1), 32);
    }
    // ι: FIPS 202 §3.2.5, Algorithm 5, the register's bits for 2ʲ - 1.
    let constant: u64 = 0;
    for (let j: u64 = 0; j < 7; j++) {
      constant |= <u64>(register & 1) << ((<u64>1 << j) - 1);
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
    store<u64>(STATE, load<u64>(STATE) ^ constant);
  }
}

/** Absorbs `bytes` bytes at `address`; `suffix` is 6 for SHA3 and 31 for SHAKE. The first `rate` bytes of STATE are the output's. */
export function sponge(address: usize, bytes: usize, rate: usize, suffix: u8): void {
  for (let word: usize = STATE; word < STATE + 200; word += 8) store<u64>(word, 0);
  let position = STATE;
  for (const end = address + bytes; address < end; address++) {
    store<u8>(position, load<u8>(position) ^ load<u8>(address));
    position++;
    if (position == STATE + rate) {
      permute();
      position = STATE;
    }
  }
  store<u8>(position, load<u8>(position) ^ suffix);
  store<u8>(STATE + rate - 1, load<u8>(STATE + rate - 1) ^ 0x80);
  permute();
}
