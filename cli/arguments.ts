// What commander makes of an argument's text; what it cannot be is wrong usage, exit status 2.
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { isRegion, regions, type Region } from "../sdk/region.ts";
import { ParkedId } from "../sdk/schema/parked.ts";

/** The origin of an address. */
export function origin(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError("must be an address such as https://edge.example");
  return new URL(text).origin;
}

/** Regions, separated by commas, each once. */
export function regionList(text: string): Region[] {
  const names = text.split(",").map((name) => name.trim());
  if (!names.every(isRegion)) throw new InvalidArgumentError(`must be of ${regions.join(", ")}`);
  return [...new Set(names)];
}

export function count(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
}

/** A date as an instant in UTC. */
export function instant(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError("must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z");
  return new Date(time).toISOString();
}

/** Addresses of senders, separated by commas, in lower case. */
export function senderList(text: string): string[] {
  const senders = text.split(",").map((sender) => sender.trim().toLowerCase());
  const wrong = senders.find((sender) => !z.email().max(254).safeParse(sender).success);
  if (wrong !== undefined)
    throw new InvalidArgumentError(`"${wrong}" is no address such as hello@sender.example`);
  return senders;
}

/** Ids of parked rows, separated by commas. */
export function idList(text: string): string[] {
  const ids = text.split(",").map((id) => id.trim());
  const wrong = ids.find((id) => !ParkedId.safeParse(id).success);
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is no id such as 0-3`);
  return ids;
}
