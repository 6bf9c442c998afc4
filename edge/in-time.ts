// What is waited for, and for how long.

/** What `work` gives, or rejects with what `late` makes once it takes longer; the work itself goes on unseen. */
export async function inTime<Value>(
  work: PromiseLike<Value>,
  milliseconds: number,
  late: () => Error,
): Promise<Value> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), Math.max(milliseconds, 0));
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
