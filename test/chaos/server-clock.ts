// Imported before a server (`node --import`): a clock that jumps. The offset in milliseconds is in the file that
// MAILY_TEST_CLOCK names, read again at each SIGUSR2.
import { readFileSync } from "node:fs";
import { setNow } from "../set-now.ts";

const file = process.env["MAILY_TEST_CLOCK"] ?? "";
const real = Date.now.bind(Date);
let offset = 0;

const read = (): void => {
  offset = Number(readFileSync(file, "utf8"));
};
read();
process.on("SIGUSR2", read);

setNow(() => real() + offset);
