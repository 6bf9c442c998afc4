// Check digits, each as its standard has it.

/** ISO/IEC 7812-1 annex B (Luhn). */
export function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, odd = true; index >= 0; index--, odd = !odd) {
    const digit = Number(digits[index]);
    sum += odd ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
}

/** ISO/IEC 7064 MOD 11,10. */
export function mod11And10(digits: string): boolean {
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === Number(digits.at(-1));
}

/** The sum of the digits, each times its weight. */
export const weighted = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, index) => sum + weight * Number(digits[index]), 0);

// Verhoeff, "Error Detecting Decimal Codes" (1969): the dihedral group D5 and its permutation.
const d5 = (left: number, right: number): number => {
  const turned = left < 5 ? left + right : left - right;
  const flipped = left < 5 !== right < 5;
  const value = ((turned % 5) + 5) % 5;
  return flipped ? value + 5 : value;
};
const permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** Of a whole number, its check digit last. */
export function verhoeff(digits: string): boolean {
  let check = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = Number(digits[digits.length - 1 - index]);
    for (let turn = 0; turn < index % 8; turn++) digit = permutation[digit] ?? 0;
    check = d5(check, digit);
  }
  return check === 0;
}
