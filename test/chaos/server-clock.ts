// Imported before a server (`node --import`): a clock that jumps. The offset in milliseconds is in the file that
// MAILY_TEST_CLOCK names, read again at each SIGUSR2.
import { readFileSync } from "node:fs";

const file = process.env["MAILY_TEST_CLOCK"] ?? "";
const real = Date.now.bind(Date);
let offset = 0;

const read = (): void => {
  offset = Number(readFileSync(file, "utf8"));
};
read();
process.on("SIGUSR2", read);

globalThis.Date = new Proxy(Date, {
  construct: (target, given: unknown[], newTarget) =>
    // No arguments: now. The types know no way to say that the arguments are those of one of Date's overloads.
    Reflect.construct(target, given.length === 0 ? [real() + offset] : given, newTarget) as Date,
  get: (target, name, receiver): unknown =>
    name === "now" ? () => real() + offset : Reflect.get(target, name, receiver),
});
