// `npm run bench policy`: a decision of the embedded policy, beside checking its question alone and, where OPA is, a remote one.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PolicyInput } from "../../sdk/schema/policy.ts";
import { openPolicy } from "../../server/policy/policy.ts";
import { cells, expectedOf } from "../agents/matrix.ts";
import { questionOf } from "../server/policy/questions.ts";
import { freePorts } from "../flow/product.ts";
import { lines, sideBySide, type Task } from "./side-by-side.ts";

const folder = fileURLToPath(new URL("../../server/policy/", import.meta.url));
const opa = process.env["OPA"] ?? "opa";
const waitMs = 50;
const waitsMax = 200;

const questions = cells.map(questionOf);
const allowed = questionOf(cells.find((cell) => expectedOf(cell).against.length === 0)!);
const embedded = await openPolicy({ region: "eu", folder });
let next = 0;
const tasks: Task[] = [
  { name: "embedded, allowed", run: () => embedded.decide(allowed) },
  { name: "check of the question alone", run: () => PolicyInput.parse(allowed) },
  {
    name: "embedded, every cell of the matrix",
    run: () => embedded.decide(questions[next++ % questions.length] ?? allowed),
  },
];

const hasOpa = spawnSync(opa, ["version"]).status === 0;
const [port = 0] = hasOpa ? await freePorts(1) : [];
const address = `127.0.0.1:${port}`;
const files = ["maily.rego", "data.json"].map((name) => `${folder}${name}`);
const child = hasOpa
  ? spawn(opa, ["run", "--server", "--addr", address, "--log-level", "error", ...files])
  : undefined;
if (child !== undefined) {
  const healthy = () =>
    fetch(`http://${address}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (let waits = 0; waits < waitsMax && !(await healthy()); waits++)
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  const remote = await openPolicy({
    region: "eu",
    folder,
    settings: { url: `http://${address}` },
  });
  tasks.push({ name: "remote OPA on this machine", run: () => remote.decide(allowed) });
}
console.log(lines("A decision of the policy", await sideBySide(tasks)));
child?.kill();
