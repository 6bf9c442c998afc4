// Where each region's answers are kept and sent: what is on disk in one place is not found in another.
import { rememberedDays } from "../../sdk/consent.ts";
import { isRegion, type Region } from "../../sdk/region.ts";
import type { RegionLink } from "../../edge/env.ts";
import { compared, heldBack, step, type Situation, type Step } from "./step.ts";

const placeOf = ({ durability, jurisdiction }: RegionLink): string =>
  durability === "stream"
    ? "its server's stream"
    : `outbox objects in ${jurisdiction ?? "no jurisdiction"}`;

function* placeSteps(
  region: Region,
  before: RegionLink | undefined,
  after: RegionLink,
  held: number | undefined,
): Generator<Step> {
  if (before === undefined) {
    yield step(
      "create",
      `${region}: ${placeOf(after)}, ${after.shards} shard${after.shards > 1 ? "s" : ""}`,
    );
    return;
  }
  if (before.durability === "outbox" && after.durability === "stream") {
    yield step(
      held === 0 ? "change" : "refuse",
      `${region}: ${placeOf(before)} → ${placeOf(after)}`,
      held === 0
        ? "Nothing waits in its objects. What they remember of repeats and withdrawals is left behind; its server knows both, and answers a repeat with a new receipt."
        : `${held ?? "An unknown number of"} answers wait in its objects, and /healthz would no longer count them. Wait until none does, and name the edge with --edge.`,
    );
    return;
  }
  if (before.durability === after.durability && before.jurisdiction !== after.jurisdiction) {
    yield step(
      "refuse",
      `${region}: ${placeOf(before)} → ${placeOf(after)}`,
      "An object never leaves its jurisdiction: the new objects are others, and what waits in the old ones would stay there. Keep it.",
    );
    return;
  }
  yield compared(`${region}: kept in`, placeOf(before), placeOf(after));
}

const layouts = (link: RegionLink) => [link.shards, ...link.before.map(({ shards }) => shards)];

function shardStep(
  region: Region,
  before: RegionLink,
  after: RegionLink,
  { deployed, now }: Situation,
): Step {
  const lost = layouts(before).filter((shards) => !layouts(after).includes(shards));
  const name = `${region}: ${before.shards} → ${after.shards} shards`;
  if (lost.length === 0)
    return before.shards === after.shards
      ? step("keep", `${region}: ${after.shards} shards`)
      : step(
          "change",
          name,
          "What the former ones remember of a reader is fetched when the reader comes again.",
        );
  if (lost.includes(before.shards))
    return step(
      "refuse",
      name,
      `Put {"shards":${before.shards}} in front of ${region}'s \`before\`: what waits in those objects, and who has withdrawn, would be forgotten.`,
    );
  const left = `${region}: the former ${lost.join(", ")} shards are left out`;
  const ends = (deployed?.formerShards[region] ?? [])
    .filter(({ shards }) => lost.includes(shards))
    .map(({ since }) => Date.parse(since) + rememberedDays * 86_400_000);
  const until = Math.max(0, ...ends);
  return now < until
    ? step(
        "refuse",
        left,
        `They remember who has withdrawn, and what a repeat is, until ${new Date(until).toISOString().slice(0, 10)}: keep them in \`before\` until then.`,
      )
    : step(
        "note",
        left,
        `Only ${rememberedDays} days after they were replaced, and once /healthz counts nothing waiting or parked.`,
      );
}

function* removalSteps({ target, deployed, live }: Situation): Generator<Step> {
  const before = new Set([
    ...Object.keys(deployed?.regions ?? {}),
    ...Object.keys(live?.health ?? {}),
  ]);
  for (const region of before) {
    if (!isRegion(region) || target.regions[region] !== undefined) continue;
    const held = heldBack(live, region);
    const stream = deployed?.regions[region]?.durability === "stream";
    yield held === 0 || stream
      ? step(
          "change",
          `${region} is no longer served`,
          "Its campaigns' answers are refused from now on.",
        )
      : step(
          "refuse",
          `${region} is no longer served`,
          `${held ?? "An unknown number of"} answers wait in its outbox and could not be sent any more. Close its campaigns, wait until /healthz counts none, and name the edge with --edge.`,
        );
  }
}

const isPlaceholder = (address: string): boolean =>
  /(^|\.)example$/.test(URL.canParse(address) ? new URL(address).hostname : address);

/** Regions, their servers and the edge's own addresses. */
export function* regionSteps(situation: Situation): Generator<Step> {
  const { target, deployed, live } = situation;
  for (const address of target.addresses)
    yield isPlaceholder(address)
      ? step(
          "refuse",
          `address ${address}`,
          "It is a placeholder: put your own domain into wrangler.toml.",
        )
      : step("keep", `address ${address}`);
  for (const [name, link] of Object.entries(target.regions)) {
    if (!isRegion(name)) continue;
    const before = deployed?.regions[name];
    yield* placeSteps(name, before, link, heldBack(live, name));
    if (before !== undefined && before.durability === "outbox")
      yield shardStep(name, before, link, situation);
    yield isPlaceholder(link.server)
      ? step(
          "refuse",
          `${name}: server ${link.server}`,
          "It is a placeholder: put your own into REGIONS.",
        )
      : compared(`${name}: server`, before?.server, link.server);
  }
  yield* removalSteps(situation);
  if (Object.keys(target.regions).length === 0)
    yield step("refuse", "no region is served", "Name at least one in REGIONS.");
}
