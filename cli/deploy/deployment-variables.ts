// DEPLOYMENT as the platform's variables hold it: in pieces, which edge/env.ts puts together.
import type { Deployment } from "../../sdk/schema/deployment.ts";

/** Of a variable: the platform takes 5 KB. */
const variableBytesMax = 5_000;

/** DEPLOYMENT, DEPLOYMENT_2 and so on. The text is ASCII: base64url, times, ids. */
export function deploymentVariables(deployment: Deployment): Record<string, string> {
  const text = JSON.stringify(deployment);
  const pieces: [string, string][] = [];
  for (let start = 0; start < text.length; start += variableBytesMax) {
    const name = start === 0 ? "DEPLOYMENT" : `DEPLOYMENT_${pieces.length + 1}`;
    pieces.push([name, text.slice(start, start + variableBytesMax)]);
  }
  return Object.fromEntries(pieces);
}
