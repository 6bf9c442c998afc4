// A sink in a process of its own, to be killed: `sink-process.ts <folder> <origin> <private key>` sends what the embedded
// stream in the folder has.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Snowflake } from "../../../server/snowflake/snowflake.ts";
import { openEmbeddedStream } from "../../../server/stream/embedded.ts";
import { account, region, user } from "./sinking.ts";

const [folder = "", origin = "", keyFile = ""] = process.argv.slice(2);
const snowflake = new Snowflake({
  region,
  stream: openEmbeddedStream({ path: join(folder, "stream.db") }),
  settings: {
    account,
    user,
    privateKey: createPrivateKey(readFileSync(keyFile)),
    role: "MAILY_LOADER",
    warehouse: "MAILY_LOADING",
    database: "MAILY",
    schema: "EU",
    origin,
    channelPrefix: "maily",
  },
  dataDir: folder,
});
process.stdout.write(`${(await snowflake.state()).status}\n`);
setInterval(() => undefined, 60_000);
