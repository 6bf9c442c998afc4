import { Problem } from "../../sdk/problem.ts";

/** Settles as `promise` does, or rejects after `ms`. The promise itself goes on. */
export async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer in time")), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const namesOf = (error: unknown): readonly string[] => {
  if (error instanceof Problem) return [error.code];
  if (!(error instanceof Error)) return [typeof error];
  if (error instanceof AggregateError) return error.errors.flatMap(namesOf);
  return [String("apiId" in error ? error.apiId : "code" in error ? error.code : error.name)];
};

/** Kafka's and the library's names of an error for a log, never its message: that may quote a record. */
export const errorName = (error: unknown): string => Array.from(new Set(namesOf(error))).join(", ");
