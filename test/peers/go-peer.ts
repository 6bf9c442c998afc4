// Builds and runs the Go peers of go-hpke/, go-choices/ and go-ml-kem/, which use nothing but Go's own cryptography.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SeamAnswer } from "./seam-lines.ts";

// Neither a newer toolchain nor a module is fetched: the program has no dependency.
export const goEnvironment = { ...process.env, GOTOOLCHAIN: "local", GOPROXY: "off" };

/** Of a campaign of a thousand readers. */
const outputBytesMax = 64 * 1024 * 1024;

/** Undefined where there is no Go, or one older than 1.26, the first with crypto/hpke. */
export function goVersion(): string | undefined {
  const { stdout, status } = spawnSync("go", ["env", "GOVERSION"], {
    cwd: tmpdir(),
    encoding: "utf8",
    env: goEnvironment,
  });
  const [, major = 0, minor = 0] = /^go(\d+)\.(\d+)/.exec(status === 0 ? stdout : "") ?? [];
  return Number(major) > 1 || Number(minor) >= 26 ? stdout.trim() : undefined;
}

export interface GoPeer {
  run(command: string, input?: string): string;
  /** One answer a line, in the form of `maily crypto`. */
  answers(command: "seal" | "open", lines: readonly object[]): SeamAnswer[];
  remove(): void;
}

export function buildGoPeer(name: "go-hpke" | "go-choices" | "go-ml-kem" = "go-hpke"): GoPeer {
  const folder = fileURLToPath(new URL(`${name}/`, import.meta.url));
  const binFolder = mkdtempSync(join(tmpdir(), `maily-${name}-`));
  const program = join(binFolder, name);
  execFileSync("go", ["build", "-o", program, "."], { cwd: folder, env: goEnvironment });
  const run = (command: string, input = ""): string =>
    execFileSync(program, [command], {
      cwd: folder,
      input,
      encoding: "utf8",
      maxBuffer: outputBytesMax,
    });
  return {
    run,
    answers: (command, lines) =>
      run(command, lines.map((line) => JSON.stringify(line)).join("\n"))
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as SeamAnswer), // The peer speaks the seam's form.
    remove: () => rmSync(binFolder, { recursive: true }),
  };
}
