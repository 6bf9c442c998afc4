// What a test's page runs: the demo's stand-in for the AMP runtime, with the test as the mail provider's proxy.
import { runAmp } from "../../demo/amp-runtime.ts";

type Proxy = (url: string, body: string) => Promise<{ status: number; body: string }>;

runAmp(document, async (url, form) => {
  // The test puts it there before this script runs.
  const proxy = Reflect.get(globalThis, "mailProxy") as Proxy;
  const { status, body } = await proxy(url, form.toString());
  // Status 0: the network failed.
  return status === 0 ? Response.error() : new Response(body, { status });
});
