/** Decimal steps such as 0.1 are not exact in binary: 0.30000000000000004 is nobody's value. */
export const rounded = (value: number): number => Number(value.toPrecision(12));
