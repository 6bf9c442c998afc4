// The Worker and its Durable Objects: their names are where acknowledged answers are, and never change.
import { compared, step, type Situation, type Step } from "./step.ts";

const bindings = ["OUTBOX", "CAMPAIGNS"] as const;

function* migrationSteps({ target, deployed }: Situation): Generator<Step> {
  const tags = target.migrations.map(({ tag }) => tag);
  const applied = deployed?.migrations ?? [];
  if (applied.some((tag, index) => tags[index] !== tag))
    yield step(
      "refuse",
      `migrations ${tags.join(", ")}: ${applied.join(", ")} are applied`,
      "Tags are only ever added at the end: put back what was there.",
    );
  for (const { tag, created, other } of target.migrations.slice(applied.length)) {
    yield step("create", `migration ${tag}: ${created.join(", ")}`);
    if (other.length > 0)
      yield step(
        "refuse",
        `migration ${tag} has ${other.join(", ")}`,
        "Objects that are renamed, moved or deleted take their answers along. Only new_sqlite_classes is allowed.",
      );
  }
  const created = target.migrations.flatMap((migration) => migration.created);
  for (const { className } of target.objects)
    if (!created.includes(className))
      yield step(
        "refuse",
        `class ${className} is in no migration`,
        "Name it in new_sqlite_classes of a new tag: without SQLite an outbox cannot keep anything.",
      );
}

function* bindingSteps({ target, deployed }: Situation): Generator<Step> {
  for (const binding of bindings) {
    const now = target.objects.find((object) => object.binding === binding);
    const before = deployed?.objects.find((object) => object.binding === binding);
    if (now === undefined)
      yield step(
        "refuse",
        `${binding} is not bound`,
        "Bind it in this environment of wrangler.toml.",
      );
    else if (before !== undefined && before.className !== now.className)
      yield step(
        "refuse",
        `${binding}: class ${before.className} → ${now.className}`,
        "The objects of another class are others: what waits in the old ones would stay there. Keep the class.",
      );
    else yield compared(`objects ${binding}`, before?.className, now.className);
  }
}

/** The Worker, its objects and its settings. */
export function* objectSteps(situation: Situation): Generator<Step> {
  const { target, deployed } = situation;
  if (deployed !== undefined && deployed.worker !== target.worker)
    yield step(
      "refuse",
      `Worker ${deployed.worker} → ${target.worker}`,
      "Objects belong to the Worker of that name: what waits in the old ones would stay there. Keep the name.",
    );
  else yield compared("Worker", deployed?.worker, target.worker);
  if (deployed !== undefined && target.compatibilityDate < deployed.compatibilityDate)
    yield step(
      "refuse",
      `compatibility date ${deployed.compatibilityDate} → ${target.compatibilityDate}`,
      "Objects may have been written by the newer runtime. Keep the date, or go on.",
    );
  else yield compared("compatibility date", deployed?.compatibilityDate, target.compatibilityDate);
  yield* bindingSteps(situation);
  yield* migrationSteps(situation);
  if (target.logsAddresses)
    yield step(
      "refuse",
      "the platform would log the addresses of requests",
      "An address may hold an invitation. Set observability.logs.invocation_logs and observability.traces.enabled to false, and leave logpush and tail consumers out.",
    );
  if (target.schemaTarget !== undefined)
    yield step(
      "change",
      `SCHEMA_TARGET: every object's tables are brought to ${target.schemaTarget} as it wakes`,
      "Take it out again once the edge that fits is deployed.",
    );
}
