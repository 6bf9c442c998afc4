// The end of keys: what is over is destroyed, so that who steals it later opens nothing.
import type { Folder } from "./folder.ts";
import { seedKeptMilliseconds } from "./openable.ts";
import { withDirectory, type Rotation } from "./rotate.ts";

/** Public configurations that are kept; the schema takes 64. Old campaigns name them when they are published again. */
const configurationsMax = 48;

/** Destroys what is over: seeds two weeks after their keys' end, and with `forward` the keys that the edge no longer signs with. */
export function retire(
  folder: Folder,
  { forward, now }: { readonly forward: boolean; readonly now: number },
): Rotation {
  const { keys } = folder.deployment.directory;
  const spent = new Set(
    keys
      .filter(({ notAfter }) => now >= Date.parse(notAfter) + seedKeptMilliseconds)
      .map(({ keyId }) => keyId),
  );
  const steps: string[] = [];
  const regions = Object.fromEntries(
    Object.entries(folder.regions).map(([name, secrets]) => {
      const live = secrets.keys.filter(
        // A server without any key does not start: a region whose epochs are all over keeps its last.
        ({ keyId }, index) => !spent.has(keyId) || index === secrets.keys.length - 1,
      );
      const used = folder.edge?.forwardKeys[secrets.region]?.keyId;
      const signing = secrets.forwardKeys.filter(
        ({ keyId }) => !forward || used === undefined || keyId === used,
      );
      if (live.length < secrets.keys.length || signing.length < secrets.forwardKeys.length)
        steps.push(
          `restart the ${name} server with region-${name}.json, and destroy older copies of it`,
        );
      return [name, { ...secrets, keys: live, forwardKeys: signing }];
    }),
  );
  const excess = Math.max(0, keys.length - configurationsMax);
  const dropped = keys.filter(({ keyId }) => spent.has(keyId)).slice(0, excess);
  return {
    folder: {
      ...folder,
      regions,
      deployment: withDirectory(folder, { keys: keys.filter((key) => !dropped.includes(key)) }),
    },
    steps,
  };
}
