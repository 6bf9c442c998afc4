// Counters and histograms in the Prometheus text format, version 0.0.4. No label holds a tenant, campaign or reader.

/** Upper bounds in seconds. */
const latencyBounds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
] as const;
/** Series of one counter; what comes beyond is counted as `other`. */
const seriesMax = 100;

export class Counter {
  readonly #label: string | undefined;
  readonly #values = new Map<string, number>();

  constructor(label?: string) {
    this.#label = label;
  }

  add(amount = 1, value = ""): void {
    const series = this.#values.has(value) || this.#values.size < seriesMax ? value : "other";
    this.#values.set(series, (this.#values.get(series) ?? 0) + amount);
  }

  *lines(name: string): Generator<string> {
    yield `# TYPE ${name} counter`;
    if (this.#label === undefined) yield `${name} ${this.#values.get("") ?? 0}`;
    else
      for (const [value, count] of this.#values)
        yield `${name}{${this.#label}="${value}"} ${count}`;
  }
}

export class Histogram {
  readonly #counts = latencyBounds.map(() => 0);
  #count = 0;
  #sum = 0;

  /** A difference of two clocks may be below zero; it counts as none. */
  observe(seconds: number): void {
    const value = Math.max(0, seconds);
    const bucket = latencyBounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
  }

  *lines(name: string): Generator<string> {
    yield `# TYPE ${name} histogram`;
    let below = 0;
    for (const [index, bound] of latencyBounds.entries()) {
      below += this.#counts[index] ?? 0;
      yield `${name}_bucket{le="${bound}"} ${below}`;
    }
    yield `${name}_bucket{le="+Inf"} ${this.#count}`;
    yield `${name}_sum ${this.#sum}`;
    yield `${name}_count ${this.#count}`;
  }
}

/** Everything this process counts. */
export class Metrics {
  readonly intake = new Counter("status");
  readonly problems = new Counter("code");
  readonly ingested = new Counter();
  readonly duplicates = new Counter();
  readonly withdrawals = new Counter();
  readonly preferences = new Counter();
  readonly requests = new Counter("request");
  readonly renders = new Counter();
  readonly copies = new Counter();
  readonly deadLettered = new Counter("code");
  /** From admission at the edge to the commit in the warehouse. */
  readonly admittedToStored = new Histogram();
  readonly ingestBatch = new Histogram();
  readonly resultsQuery = new Histogram();

  /** `gauges` are read at the time of asking. */
  text(gauges: Readonly<Record<string, number>>): string {
    const lines = [
      ...this.intake.lines("maily_intake_entries_total"),
      ...this.problems.lines("maily_problems_total"),
      ...this.ingested.lines("maily_ingested_total"),
      ...this.duplicates.lines("maily_duplicates_total"),
      ...this.withdrawals.lines("maily_withdrawals_total"),
      ...this.preferences.lines("maily_preferences_total"),
      ...this.requests.lines("maily_requests_total"),
      ...this.renders.lines("maily_renders_total"),
      ...this.copies.lines("maily_copies_total"),
      ...this.deadLettered.lines("maily_dead_lettered_total"),
      ...this.admittedToStored.lines("maily_admitted_to_stored_seconds"),
      ...this.ingestBatch.lines("maily_ingest_batch_seconds"),
      ...this.resultsQuery.lines("maily_results_query_seconds"),
    ];
    for (const [name, value] of Object.entries(gauges))
      lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
    return `${lines.join("\n")}\n`;
  }
}
