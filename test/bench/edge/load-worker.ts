// The load generator's thread. Free of coordinated omission: in an open loop a request counts from when it was due, also where
// no connection was free for it.
import { parentPort, workerData } from "node:worker_threads";
import { Connection } from "./connection.ts";
import { monotonic, type LoadEnd, type LoadTask } from "./load.ts";
import { requestAt } from "./requests.ts";

const tickMilliseconds = 1;
/** More at once would overflow the backlog of what listens. */
const openTogether = 64;

async function generate(task: LoadTask): Promise<LoadEnd> {
  const { slice, perSecond } = task;
  const due = new Float64Array(task.due);
  const answered = new Float64Array(task.answered);
  const statuses = new Uint16Array(task.statuses);
  const connections = Array.from({ length: task.connections }, () => new Connection(task.port));
  for (let first = 0; first < connections.length; first += openTogether)
    await Promise.all(
      connections.slice(first, first + openTogether).map((connection) => connection.open()),
    );
  const spentBefore = process.threadCpuUsage();
  const began = monotonic();
  const dueAt = (index: number): number =>
    perSecond === undefined ? monotonic() : began + (index * 1000) / perSecond;
  const free = [...connections];
  let next = 0;
  let finished = 0;
  let malformed = 0;
  await new Promise<void>((done) => {
    const send = async (connection: Connection): Promise<void> => {
      while (next < slice.count && dueAt(next) <= monotonic()) {
        const index = next++;
        due[index] = dueAt(index);
        const { status, wellFormed } = await connection.send(
          requestAt(slice.requests, slice.first + index),
        );
        answered[index] = monotonic();
        statuses[index] = status;
        if (!wellFormed) malformed += 1;
        finished += 1;
      }
      free.push(connection);
      if (finished === slice.count) done();
    };
    const tick = (): void => {
      while (next < slice.count && dueAt(next) <= monotonic()) {
        const connection = free.pop();
        if (connection === undefined) break;
        void send(connection);
      }
      if (next < slice.count) setTimeout(tick, tickMilliseconds);
    };
    tick();
  });
  const seconds = (monotonic() - began) / 1000;
  const { user, system } = process.threadCpuUsage(spentBefore);
  for (const connection of connections) connection.close();
  return { seconds, malformed, share: (user + system) / 1e6 / seconds };
}

const end = await generate(workerData as LoadTask); // What `run` handed over.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread's port has no origin.
parentPort?.postMessage(end);
