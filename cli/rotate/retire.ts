// The end of keys: what is over is destroyed, so that who steals it later opens nothing.
import { needed, type Folder } from "./folder.ts";
import { seedKeptMilliseconds } from "./openable.ts";
import { withDirectory, type Rotation } from "./rotate.ts";

/** Public configurations that are kept; the schema takes 64. Old campaigns name them when they are published again. */
const configurationsMax = 48;

/**
 * Destroys what is over: seeds two weeks after their keys' end, and with `forward` the keys that neither edge.json nor an edge
 * that was deployed from this folder signs with. Problem configuration-invalid without edge.json, which says so.
 */
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
  const edge = forward
    ? needed(folder.edge, "edge.json", "it says which forward keys are still used")
    : undefined;
  const steps: string[] = [];
  const regions = Object.fromEntries(
    Object.entries(folder.regions).map(([name, secrets]) => {
      const live = secrets.keys.filter(
        // A server without any key does not start: a region whose epochs are all over keeps its last.
        ({ keyId }, index) => !spent.has(keyId) || index === secrets.keys.length - 1,
      );
      const used = edge?.forwardKeys[secrets.region]?.keyId;
      const signing = secrets.forwardKeys.filter(
        ({ keyId }) =>
          used === undefined ||
          keyId === used ||
          folder.deployed.some(({ forwardKeyIds }) => forwardKeyIds[secrets.region] === keyId),
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
