// The OpenTelemetry Collector's own receiver reads what edge and servers export.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Span } from "../../sdk/otlp.ts";
import { SpanExporter } from "../../sdk/span-exporter.ts";
import { newSpan, newTrace } from "../../sdk/trace-context.ts";
import { freePorts } from "../flow/product.ts";
import { goVersion } from "./go-peer.ts";

const folder = fileURLToPath(new URL("go-otlp/", import.meta.url));
const resource = { "service.name": "maily-test" };
const binFolder = mkdtempSync(join(tmpdir(), "maily-go-otlp-"));
const program = join(binFolder, "go-otlp");

/** A network that swallows everything is no reason to wait for ever. */
const buildMillisecondsMax = 180_000;

/** Why it is not run; undefined where it was built. Its modules come from Go's proxy, once. */
function build(): string | undefined {
  if (goVersion() === undefined) return "there is no Go of at least 1.26";
  const { status, stderr, error } = spawnSync(
    "go",
    ["build", "-mod=readonly", "-o", program, "."],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, GOTOOLCHAIN: "local" },
      timeout: buildMillisecondsMax,
    },
  );
  if (status === 0) return undefined;
  if (error !== undefined) return "it was not built in time";
  // What is not fetched is no fault of ours; what does not compile is.
  if (/dial tcp|no such host|i\/o timeout|403 Forbidden|module lookup disabled/.test(stderr))
    return "its modules cannot be fetched";
  throw new Error(stderr);
}

const skipped = build();
afterAll(() => rmSync(binFolder, { recursive: true, force: true }));

interface Line {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  /** Unix nanoseconds, which a double does not hold to the last digits. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
}

describe.skipIf(skipped !== undefined)(
  `the collector's OTLP receiver (${skipped === undefined ? "0.160.0" : `skipped: ${skipped}`})`,
  () => {
    let peer: ChildProcess;
    let endpoint: string;
    const lines: Line[] = [];
    beforeAll(async () => {
      const [port = 0] = await freePorts(1);
      endpoint = `http://127.0.0.1:${port}`;
      peer = spawn(program, [`127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "inherit"] });
      const { stdout } = peer;
      if (stdout === null) throw new Error("a peer without output");
      await new Promise<void>((resolve, reject) => {
        peer.once("exit", () => reject(new Error("the peer ended")));
        createInterface({ input: stdout }).on("line", (line) => {
          if (line === "ready") resolve();
          else lines.push(JSON.parse(line) as Line); // The peer's own form.
        });
      });
    }, 60_000);
    afterAll(() => peer.kill("SIGINT"));

    const at = Date.now();
    const first: Span = {
      ...newTrace(),
      name: "POST /v1/answers",
      kind: "server",
      startedAt: at - 12.345,
      endedAt: at,
      attributes: { "http.response.status_code": 202, ratio: 0.25, held: true },
    };

    test("understands every kind of span, attribute and link, and the time to a microsecond", async () => {
      const linked = newTrace();
      const kinds = ["internal", "client", "producer", "consumer"] as const;
      const others = kinds.map((kind): Span => ({
        ...newSpan(first),
        name: kind,
        kind,
        parent: { spanId: first.spanId, remote: kind === "client" },
        startedAt: at,
        endedAt: at + 1,
        attributes: {},
        ...(kind === "client" && { links: [linked], error: "region-unavailable" }),
      }));
      const exporter = new SpanExporter({ endpoint, headers: {}, resource });
      for (const span of [first, ...others]) exporter.add(span);
      await exporter.flush();
      expect([exporter.exported, exporter.dropped]).toEqual([5, 0]);
      await expect.poll(() => lines.length).toBe(5);
      expect(lines[0]).toMatchObject({
        service: "maily-test",
        traceId: first.traceId,
        spanId: first.spanId,
        parent: "",
        name: "POST /v1/answers",
        kind: "Server",
        status: "Unset",
        attributes: { "http.response.status_code": 202, ratio: 0.25, held: true },
        links: [],
      });
      expect(Math.abs((lines[0]?.start ?? 0) / 1e6 - first.startedAt)).toBeLessThan(0.002);
      expect(lines.slice(1).map(({ kind }) => kind)).toEqual([
        "Internal",
        "Client",
        "Producer",
        "Consumer",
      ]);
      for (const { parent, traceId } of lines.slice(1))
        expect([parent, traceId]).toEqual([first.spanId, first.traceId]);
      expect(lines[2]).toMatchObject({
        status: "Error",
        links: [linked.spanId],
        attributes: { "error.type": "region-unavailable" },
      });
    });

    test("takes a whole request's worth at once", async () => {
      const exporter = new SpanExporter({ endpoint, headers: {}, resource });
      const before = lines.length;
      for (let count = 0; count < 600; count++) exporter.add({ ...first, ...newSpan(first) });
      await exporter.flush();
      expect([exporter.exported, exporter.dropped]).toEqual([600, 0]);
      await expect.poll(() => lines.length).toBe(before + 600);
    });
  },
);
