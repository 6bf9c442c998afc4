// What a worker of the benchmark delivers to in place of a region's server: written into its bundle as it is built.

export interface Target {
  /** Where the broker, or the proxy before it, is reached: a link that the faults cut and slow. */
  readonly host: string;
  readonly port: number;
  readonly topic: string;
  /** SASL over TLS; the broker's certificate is one that workerd's configuration trusts. */
  readonly login?: {
    readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    readonly username: string;
    readonly password: string;
  };
}

// esbuild's `define` puts it there.
declare const MAILY_BENCH_TARGET: Target;
export const target: Target = MAILY_BENCH_TARGET;
