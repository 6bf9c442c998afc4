import { expect, test, vi } from "vitest";
import { Problem } from "../../sdk/problem.ts";
import {
  commitBytesMax,
  Commits,
  uncommittedBytesMax,
  uncommittedRowsMax,
  type Taken,
} from "../../server/commits.ts";
import { recordBytesMax } from "../../server/stream/stream.ts";
import { submissionRow } from "./warehouse/row.ts";

/** So many records of partition 0 from an offset on. */
function taken(from: number, count: number): Taken {
  const rows = Array.from({ length: count }, (_, index) => submissionRow(BigInt(from + index)));
  return { rows, records: rows.map(({ source }) => source) };
}

/** The same, as large as records may be. */
function ofLargeRecords(from: number, count: number): Taken {
  const { rows, records } = taken(from, count);
  const value = new Uint8Array(recordBytesMax - 100);
  return { rows, records: records.map((record) => ({ ...record, value })) };
}

const offsetsOf = (batches: readonly Taken[]): number[] =>
  batches.flatMap(({ records }) => records.map(({ offset }) => Number(offset)));

/** Commits that wait until they are let through or refused. */
function gate() {
  const asked: { offsets: number[]; pass: () => void; refuse: () => void }[] = [];
  const commits = new Commits<Taken>(
    (batches) =>
      new Promise((resolve, reject) => {
        const refuse = (): void => reject(new Problem("region-unavailable"));
        asked.push({ offsets: offsetsOf(batches), pass: resolve, refuse });
      }),
  );
  const next = async (count: number) => {
    await vi.waitFor(() => expect(asked).toHaveLength(count));
    return asked[count - 1]!;
  };
  return { commits, asked, next };
}

const outcomeOf = async (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => "done",
    (error: unknown) => (error instanceof Problem ? error.code : "another error"),
  );

test("what comes while a commit is under way is the next commit, in order", async () => {
  const { commits, asked, next } = gate();
  commits.take(taken(0, 1));
  const first = await next(1);
  expect(first.offsets).toEqual([0]);
  commits.take(taken(1, 2));
  commits.take(taken(3, 1));
  expect(commits.uncommittedRows).toBe(4);
  expect(commits.firstUncommitted(0)).toBe(0n);
  expect(commits.firstUncommitted(1)).toBeUndefined();
  expect(asked).toHaveLength(1);
  first.pass();
  const second = await next(2);
  expect(second.offsets).toEqual([1, 2, 3]);
  expect(commits.firstUncommitted(0)).toBe(1n);
  const settled = commits.settled();
  commits.take(taken(4, 1));
  second.pass();
  // What was taken later is not waited for.
  await settled;
  expect(commits.uncommittedRows).toBe(1);
  (await next(3)).pass();
  await commits.settled();
  expect(commits.firstUncommitted(0)).toBeUndefined();
  await commits.close();
});

test("a refused commit comes again with what came after it, and nothing new is read meanwhile", async () => {
  const { commits, next } = gate();
  commits.take(taken(0, 2));
  const settled = outcomeOf(commits.settled());
  (await next(1)).refuse();
  expect(await settled).toBe("region-unavailable");
  expect(commits.failures).toBe(1);
  expect(await outcomeOf(commits.room())).toBe("region-unavailable");
  commits.take(taken(2, 1));
  const again = await next(2);
  expect(again.offsets).toEqual([0, 1, 2]);
  again.pass();
  await vi.waitFor(() => expect(commits.failures).toBe(0));
  expect(await outcomeOf(commits.room())).toBe("done");
  await commits.close();
});

test("with as many rows as may wait there is no room until some are committed", async () => {
  const { commits, next } = gate();
  commits.take(taken(0, uncommittedRowsMax));
  const room = vi.fn<() => void>();
  const waiting = commits.room().then(room);
  const first = await next(1);
  expect(first.offsets).toHaveLength(uncommittedRowsMax);
  expect(room).not.toHaveBeenCalled();
  first.pass();
  await waiting;
  const large = gate();
  large.commits.take(taken(0, 900));
  const begun = await large.next(1);
  for (let batch = 0; batch < 4; batch++) large.commits.take(taken(900 + batch * 400, 400));
  begun.pass();
  // As many batches as reach a commit's limit.
  const second = await large.next(2);
  expect(second.offsets).toHaveLength(1_200);
  second.pass();
  const third = await large.next(3);
  expect(third.offsets).toHaveLength(400);
  third.pass();
  await large.commits.close();
  await commits.close();
});

test("a stop commits what waits, and leaves to the stream what is refused", async () => {
  const { commits, next } = gate();
  commits.take(taken(0, 1));
  const first = await next(1);
  commits.take(taken(1, 1));
  const closing = commits.close();
  first.pass();
  (await next(2)).refuse();
  await closing;
  expect(commits.uncommittedRows).toBe(1);
  expect(await outcomeOf(commits.room())).toBe("region-unavailable");
});

test("what is taken the moment all is settled is committed too", async () => {
  const commits = new Commits<Taken>(() => Promise.resolve());
  commits.take(taken(0, 1));
  await commits.settled();
  commits.take(taken(1, 1));
  await vi.waitFor(() => expect(commits.uncommittedRows).toBe(0));
  await commits.close();
});

test("while commits are refused, and after a stop that left some, nobody waits for them", async () => {
  const { commits, next } = gate();
  commits.take(taken(0, 1));
  (await next(1)).refuse();
  await vi.waitFor(() => expect(commits.failures).toBe(1));
  expect(await outcomeOf(commits.settled())).toBe("region-unavailable");
  const closing = commits.close();
  (await next(2)).refuse();
  await closing;
  expect(await outcomeOf(commits.settled())).toBe("region-unavailable");
});

test("large records are committed few at a time, and few of them wait", async () => {
  const { commits, next } = gate();
  const batch = 8;
  const recordBytes = recordBytesMax - 100;
  commits.take(ofLargeRecords(0, batch));
  const first = await next(1);
  let sent = batch;
  for (; sent * recordBytes < uncommittedBytesMax; sent += batch) {
    expect(await outcomeOf(commits.room())).toBe("done");
    commits.take(ofLargeRecords(sent, batch));
  }
  const room = vi.fn<() => void>();
  const waiting = commits.room().then(room);
  // A macrotask: what could be done by then is done.
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(room).not.toHaveBeenCalled();
  first.pass();
  let done = batch;
  for (let count = 2; done < sent; count++) {
    const { offsets, pass } = await next(count);
    expect((offsets.length - batch) * recordBytes).toBeLessThan(commitBytesMax);
    done += offsets.length;
    pass();
  }
  await waiting;
  await commits.settled();
  await commits.close();
});
