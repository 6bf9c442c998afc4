// How far a long command is, on standard error: one line that is written again on a terminal, a line now and then elsewhere.

const terminalMilliseconds = 100;
const plainMilliseconds = 10_000;
const barCharacters = 24;

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Progress {
  /** `share` of the whole, 0 to 1; `count` things done in all; `earlier` of them before this run. */
  show(share: number, count: number, earlier?: number): void;
  /** Clears a terminal's line, so that what is written next stands alone. */
  clear(): void;
}

const duration = (seconds: number): string => {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

/** The line of a progress: `elapsed` seconds of this run, in which the share grew by `grown`. */
export function progressLine(
  thing: string,
  share: number,
  count: number,
  { grown, elapsed, earlier }: { grown: number; elapsed: number; earlier: number },
): string {
  const full = Math.round(Math.min(share, 1) * barCharacters);
  const bar = "█".repeat(full) + "░".repeat(barCharacters - full);
  const rate = elapsed > 0 ? (count - earlier) / elapsed : 0;
  const left =
    grown > 0 && elapsed > 1 ? `, ${duration(((1 - share) / grown) * elapsed)} left` : "";
  return `${bar} ${Math.floor(Math.min(share, 1) * 100)} %  ${count.toLocaleString("en")} ${thing}, ${Math.round(rate).toLocaleString("en")}/s${left}`;
}

/** A progress of `thing`, such as "readers"; silent for what is done at once. */
export function progressOn(stream: ProgressStream, thing: string): Progress {
  const begun = performance.now();
  const terminal = stream.isTTY === true;
  let shownAt = begun;
  let first: number | undefined;
  let onLine = false;
  const clear = (): void => {
    if (onLine) stream.write("\r\u{1B}[2K");
    onLine = false;
  };
  return {
    clear,
    show(share, count, earlier = 0) {
      first ??= share;
      const now = performance.now();
      if (now - shownAt < (terminal ? terminalMilliseconds : plainMilliseconds)) return;
      shownAt = now;
      const spent = { grown: share - first, elapsed: (now - begun) / 1000, earlier };
      const line = progressLine(thing, share, count, spent);
      stream.write(terminal ? `\r\u{1B}[2K${line}` : `${line}\n`);
      onLine = terminal;
    },
  };
}
