// An operator's own OPA: POST <url>/v1/data/maily/decision. Nothing is remembered of its answers: a grant that is taken away
// is gone at the next call, and an OPA that is back decides the next one.
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { Problem } from "../../sdk/problem.ts";
import { PolicyDecision, policyLimits, type PolicySettings } from "../../sdk/schema/policy.ts";
import { invalid, readAtMost as readFileAtMost } from "./files.ts";
import type { Evaluator, PolicyQuestion } from "./policy.ts";
import { bytesAtMost } from "../response-text.ts";

const decisionPath = "v1/data/maily/decision";

type Remote = Extract<PolicySettings, { readonly url: string }>;

/** Throws Problem `configuration-invalid` where the token's file is of no use; whether OPA is there shows at each question. */
export async function openRemote(settings: Remote, folder: string): Promise<Evaluator> {
  const { url } = settings;
  const address = new URL(decisionPath, url.endsWith("/") ? url : `${url}/`);
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    ...(await authorizationOf(settings, folder)),
  };
  let together = 0;
  return {
    // Agents are told it: which policy, and not where the operator keeps it.
    digest: `remote:${createHash("sha256").update(address.href).digest("hex")}`,
    async evaluate(question) {
      // Beyond it an OPA that hangs would keep as many calls as agents can make.
      if (together >= policyLimits.remoteTogether) throw new Problem("rate-limited");
      together++;
      try {
        return await ask(address, headers, question);
      } finally {
        together--;
      }
    },
  };
}

async function authorizationOf(
  { tokenFile }: Remote,
  folder: string,
): Promise<{ readonly authorization?: string }> {
  if (tokenFile === undefined) return {};
  const file = { name: "policy.tokenFile", path: resolve(folder, tokenFile) };
  const token = (await readFileAtMost(file, policyLimits.tokenBytes)).toString("utf8").trim();
  // RFC 6750 §2.1; anything else would break the header.
  if (!/^[\w.~+/-]+=*$/.test(token)) throw invalid("policy.tokenFile: holds no bearer token");
  return { authorization: `Bearer ${token}` };
}

async function ask(
  address: URL,
  headers: Readonly<Record<string, string>>,
  input: PolicyQuestion,
): Promise<PolicyDecision> {
  const response = await fetch(address, {
    method: "POST",
    headers,
    body: JSON.stringify({ input }),
    redirect: "error",
    signal: AbortSignal.timeout(policyLimits.remoteMilliseconds),
  });
  // The time holds for the body too: the signal ends it.
  const bytes = await bytesAtMost(response, policyLimits.answerBytes);
  if (bytes === undefined)
    throw new Problem("body-too-large", { limitBytes: policyLimits.answerBytes });
  if (response.status !== 200) throw new Problem("server-unreachable");
  const { result } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as {
    readonly result?: unknown;
  }; // Checked by what follows; a non-object throws.
  return PolicyDecision.parse(result);
}
