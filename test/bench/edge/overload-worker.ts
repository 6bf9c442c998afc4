// The thread that sends ten times what the edge can take: more requests than are answered, and those refused once more, as a
// reader's page would. Tells its counts once a second.
import { parentPort, workerData } from "node:worker_threads";
import { Connection } from "./connection.ts";
import { Histogram } from "./figures.ts";
import { monotonic } from "./load.ts";
import { requestAt, type Requests } from "./requests.ts";

export interface OverloadTask {
  readonly port: number;
  readonly requests: Requests;
  readonly connections: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Second {
  readonly due: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds from when it was sent: one that waits here for a connection was not yet the edge's. */
  readonly takenP50: number;
  readonly takenP99: number;
  readonly refusedP99: number;
  /** Refusals that are no problem document, or do not say when to come again. */
  readonly malformed: number;
  /** Of a processor. */
  readonly share: number;
}

const tickMilliseconds = 2;
/** More at once would overflow the backlog of what listens. */
const openTogether = 64;

class Tally {
  readonly statuses: Record<string, number> = {};
  readonly taken = new Histogram();
  readonly refused = new Histogram();
  malformed = 0;
}

class Overload {
  readonly #task: OverloadTask;
  readonly #again: number[] = [];
  readonly #acknowledged = new Set<number>();
  readonly #ends: number;
  #free: Connection[] = [];
  #fresh = 0;
  #tally = new Tally();

  constructor(task: OverloadTask) {
    this.#task = task;
    this.#ends = monotonic() + task.seconds * 1000;
  }

  async run(report: (second: Second) => void): Promise<number[]> {
    const { port, connections, perSecond, seconds } = this.#task;
    const all = Array.from({ length: connections }, () => new Connection(port));
    for (let first = 0; first < all.length; first += openTogether)
      await Promise.all(all.slice(first, first + openTogether).map((one) => one.open()));
    this.#free = [...all];
    let processor = process.threadCpuUsage();
    let said = monotonic();
    for (let second = 0; second < seconds;) {
      this.#sendAll();
      await new Promise((done) => setTimeout(done, tickMilliseconds));
      const passed = monotonic() - said;
      if (passed < 1000) continue;
      const { user, system } = process.threadCpuUsage(processor);
      const share = (user + system) / 1000 / passed;
      report({ ...this.#told(), due: Math.round((perSecond * passed) / 1000), share });
      processor = process.threadCpuUsage();
      said = monotonic();
      second += 1;
    }
    for (const connection of all) connection.close();
    return Array.from(this.#acknowledged);
  }

  #told(): Omit<Second, "due" | "share"> {
    const { statuses, taken, refused, malformed } = this.#tally;
    this.#tally = new Tally();
    return {
      statuses,
      takenP50: taken.percentile(0.5),
      takenP99: taken.percentile(0.99),
      refusedP99: refused.percentile(0.99),
      malformed,
    };
  }

  /** At this excess something is due on every free connection at every moment. */
  #sendAll(): void {
    for (let connection = this.#free.pop(); connection; connection = this.#free.pop())
      void this.#send(connection);
  }

  #next(): number {
    const { count } = this.#task.requests;
    return this.#fresh < count ? this.#fresh++ : (this.#again.shift() ?? 0);
  }

  async #send(connection: Connection): Promise<void> {
    const index = this.#next();
    const sent = monotonic();
    const { status, wellFormed } = await connection.send(requestAt(this.#task.requests, index));
    if (monotonic() > this.#ends) return;
    const tally = this.#tally;
    tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
    if (status === 202) {
      this.#acknowledged.add(index);
      tally.taken.add(monotonic() - sent);
    } else {
      this.#again.push(index);
      tally.refused.add(monotonic() - sent);
      if (!wellFormed) tally.malformed += 1;
    }
    this.#free.push(connection);
  }
}

const port = parentPort;
if (port !== null) {
  const acknowledged = await new Overload(workerData as OverloadTask).run((second) =>
    port.postMessage({ second }),
  ); // What the main thread handed over.
  port.postMessage({ acknowledged });
}
