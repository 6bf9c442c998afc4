// An order of the reader's own: the same at every visit, another for every question, and no order likelier than another.

interface Placed {
  readonly id: string;
  readonly keepPlace?: boolean | undefined;
}

const warmUpRounds = 12;
/** A draw is good more often than not: so many bad ones do not come. */
const drawsMax = 64;

/** sfc32, 128 bits of state: a pseudonym is HMAC output, so its four words are as good as random. Guards no secret. */
function randomWords(seed: Uint8Array, salt: number): () => number {
  const words = new DataView(seed.buffer, seed.byteOffset, 16);
  let [a, b, c] = [words.getUint32(0), words.getUint32(4), words.getUint32(8)];
  let d = (words.getUint32(12) ^ Math.imul(salt + 1, 0x9e3779b1)) >>> 0;
  const next = (): number => {
    const sum = (a + b + d) >>> 0;
    d = (d + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (let round = 0; round < warmUpRounds; round++) next();
  return next;
}

/** 0 to `below` − 1, each as likely: words beyond the last whole multiple are drawn again, on average less than once. */
function drawBelow(below: number, next: () => number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % below);
  for (let draw = 0; draw < drawsMax; draw++) {
    const word = next();
    if (word < limit) return word % below;
  }
  return 0;
}

/**
 * `options` in the order of the reader whose pseudonym's 16 bytes `seed` is, for the question at `index` of the definition.
 * Those with `keepPlace` stay where they are.
 */
export function shuffled<Each extends Placed>(
  options: readonly Each[],
  seed: Uint8Array,
  index: number,
): Each[] {
  const next = randomWords(seed, index);
  const movable = options.filter(({ keepPlace }) => keepPlace !== true);
  // Fisher and Yates, from the end.
  for (let last = movable.length - 1; last > 0; last--) {
    const place = drawBelow(last + 1, next);
    const [one, other] = [movable[last], movable[place]];
    if (one !== undefined && other !== undefined) [movable[last], movable[place]] = [other, one];
  }
  const rest = movable.values();
  return options.map((option) =>
    option.keepPlace === true ? option : (rest.next().value ?? option),
  );
}
