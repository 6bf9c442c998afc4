// Counters and histograms in the Prometheus text format, version 0.0.4. No label holds a tenant, campaign or reader.
import type { Region } from "../sdk/region.ts";

/** Upper bounds in seconds. */
const latencyBounds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
] as const;
/** Series of one counter; what comes beyond is counted as `other`. */
const seriesMax = 200;

/** What every name is introduced with. */
const head = (name: string, help: string, kind: string): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${kind}`,
];

export class Counter {
  readonly #name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(name: string, help: string, ...labels: readonly string[]) {
    [this.#name, this.#help, this.#labels] = [name, help, labels];
    if (labels.length === 0) this.#counts.set("", 0);
  }

  /** `values` are names of ours, one a label. */
  add(amount = 1, ...values: readonly string[]): void {
    const named = this.#labels.map((label, index) => `,${label}="${values[index] ?? ""}"`).join("");
    const other = this.#labels.map((label) => `,${label}="other"`).join("");
    const series = this.#counts.has(named) || this.#counts.size < seriesMax ? named : other;
    this.#counts.set(series, (this.#counts.get(series) ?? 0) + amount);
  }

  *lines(region: Region): Generator<string> {
    yield* head(this.#name, this.#help, "counter");
    for (const [labels, count] of this.#counts)
      yield `${this.#name}{region="${region}"${labels}} ${count}`;
  }
}

export class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #counts = latencyBounds.map(() => 0);
  #count = 0;
  #sum = 0;

  constructor(name: string, help: string) {
    [this.#name, this.#help] = [name, help];
  }

  /** A difference of two clocks may be below zero; it counts as none. */
  observe(seconds: number): void {
    const value = Math.max(0, seconds);
    const bucket = latencyBounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
  }

  *lines(region: Region): Generator<string> {
    const name = this.#name;
    yield* head(name, this.#help, "histogram");
    let below = 0;
    for (const [index, bound] of latencyBounds.entries()) {
      below += this.#counts[index] ?? 0;
      yield `${name}_bucket{region="${region}",le="${bound}"} ${below}`;
    }
    yield `${name}_bucket{region="${region}",le="+Inf"} ${this.#count}`;
    yield `${name}_sum{region="${region}"} ${this.#sum}`;
    yield `${name}_count{region="${region}"} ${this.#count}`;
  }
}

/** Read at the time of asking. A value that nobody can say now is NaN. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** Everything this process counts. */
export class Metrics {
  readonly #region: Region;
  readonly requestsAnswered = new Counter(
    "maily_http_requests_total",
    "Requests by route and status.",
    "route",
    "status",
  );
  readonly intake = new Counter(
    "maily_intake_entries_total",
    "What became of the entries that the edge handed over.",
    "status",
  );
  readonly problems = new Counter("maily_problems_total", "Requests refused, by code.", "code");
  readonly ingested = new Counter("maily_ingested_total", "Answers written to the warehouse.");
  readonly duplicates = new Counter("maily_duplicates_total", "Records that were there already.");
  readonly withdrawals = new Counter("maily_withdrawals_total", "Withdrawals written.");
  readonly preferences = new Counter("maily_preferences_total", "Preferences written.");
  readonly requests = new Counter("maily_requests_total", "Readers' requests, by kind.", "request");
  readonly renders = new Counter("maily_renders_total", "Mails filled for one reader.");
  readonly copies = new Counter("maily_copies_total", "Copies of their data given to readers.");
  readonly deadLettered = new Counter(
    "maily_dead_lettered_total",
    "Records that could not be read, by code.",
    "code",
  );
  readonly events = new Counter("maily_events_total", "Behaviour events written.");
  readonly eventsDropped = new Counter(
    "maily_event_batches_dropped_total",
    "Batches of events that could not be read and are not kept, by code.",
    "code",
  );
  readonly texts = new Counter(
    "maily_texts_total",
    "Readers' texts, by whether a recogniser of names has cleared them.",
    "state",
  );
  readonly published = new Counter(
    "maily_published_total",
    "Opened records appended to the region's topics.",
  );
  readonly activities = new Counter(
    "maily_activities_total",
    "What became of the activities that tenants told.",
    "status",
  );
  readonly agentCalls = new Counter(
    "maily_agent_calls_total",
    "Tools that agents called, by what came of it.",
    "tool",
    "result",
  );
  readonly agentDecisions = new Counter(
    "maily_agent_decisions_total",
    "What the policy decided; unavailable: it could not be asked, and nothing was given.",
    "action",
    "result",
  );
  readonly agentShed = new Counter(
    "maily_agent_changes_shed_total",
    "Changes of segments that a newer one took the place of before a follower had them.",
  );
  readonly agentNotified = new Histogram(
    "maily_agent_notified_seconds",
    "From the append of the oldest record of a segment's latest commit to the notification of a follower.",
  );
  readonly segmentDivergences = new Counter(
    "maily_segment_divergences_total",
    "Times that a segment's members were not those that its SQL finds in the warehouse.",
  );
  /** From the arrival of a batch to its acknowledgement, the stream's commit within it. */
  readonly intakeBatch = new Histogram(
    "maily_intake_batch_seconds",
    "From a batch's arrival to its acknowledgement.",
  );
  /** From admission at the edge to the commit in the warehouse. */
  readonly admittedToStored = new Histogram(
    "maily_admitted_to_stored_seconds",
    "From admission at the edge to the warehouse.",
  );
  readonly ingestBatch = new Histogram(
    "maily_ingest_batch_seconds",
    "Reading and writing one batch of the stream.",
  );
  readonly resultsQuery = new Histogram("maily_results_query_seconds", "Counting one campaign.");
  /** Agents' sessions and event streams. */
  agentFollowers = 0;
  /** Batches of the edge that are not answered yet. */
  intakeUnderWay = 0;

  constructor(region: Region) {
    this.#region = region;
  }

  text(gauges: readonly Gauge[]): string {
    const region = this.#region;
    const lines = [
      this.requestsAnswered,
      this.intake,
      this.problems,
      this.ingested,
      this.duplicates,
      this.withdrawals,
      this.preferences,
      this.requests,
      this.renders,
      this.copies,
      this.deadLettered,
      this.events,
      this.eventsDropped,
      this.activities,
      this.published,
      this.texts,
      this.agentCalls,
      this.agentDecisions,
      this.agentShed,
      this.agentNotified,
      this.segmentDivergences,
      this.intakeBatch,
      this.admittedToStored,
      this.ingestBatch,
      this.resultsQuery,
    ].flatMap((measure) => [...measure.lines(region)]);
    for (const { name, help, value } of gauges)
      lines.push(
        ...head(name, help, name.endsWith("_total") ? "counter" : "gauge"),
        `${name}{region="${region}"} ${value}`,
      );
    return `${lines.join("\n")}\n`;
  }
}
