// What is measured beside another: something that answers POST /v1/answers, and the processes it is made of.
import type { Watched } from "./processes.ts";
import type { Sight } from "./sight.ts";

export interface Contender {
  readonly name: string;
  readonly port: number;
  /** The broker's is left out: it is the same for all. */
  readonly processes: readonly Watched[];
  /** Of the topic that its answers reach. */
  readonly sight?: Sight;
  /** Resolves once so many more answers have left it, where no topic shows that. */
  drained?(answers: number): Promise<void>;
  stop(): Promise<void>;
}
