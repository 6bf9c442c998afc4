// The one database on a reader's device. It is opened for one transaction and closed again: an open one could keep the page
// out of the browser's back-forward cache, and would hold up a later page's upgrade.

/** `answers`: sealed ones, until the edge has taken them. `drafts`: what a reader asked to continue later. */
export type StoreName = "answers" | "drafts";

const databaseName = "maily";
const version = 1;
/** A browser that neither opens nor refuses must not hold up an answer. */
const openMilliseconds = 3000;
/** Once it did neither, it is not asked again. */
let isSilent = false;

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (isSilent) throw new DOMException("no database", "TimeoutError");
    // Throws where site data is blocked, which rejects.
    const request = indexedDB.open(databaseName, version);
    const timer = setTimeout(() => {
      isSilent = true;
      reject(new DOMException("no database", "TimeoutError"));
    }, openMilliseconds);
    request.addEventListener("upgradeneeded", () => {
      for (const name of ["answers", "drafts"] satisfies StoreName[])
        request.result.createObjectStore(name, { keyPath: "name" });
    });
    request.addEventListener("success", () => {
      clearTimeout(timer);
      if (isSilent) request.result.close();
      resolve(request.result);
    });
    request.addEventListener("error", () => {
      clearTimeout(timer);
      reject(request.error ?? new DOMException("no database", "UnknownError"));
    });
  });
}

async function transact<Value>(
  name: StoreName,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => () => Value,
): Promise<Value> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      // Strict: what the reader is told is kept has reached the disk.
      const transaction = database.transaction(name, mode, { durability: "strict" });
      const result = work(transaction.objectStore(name));
      transaction.addEventListener("complete", () => resolve(result()));
      transaction.addEventListener("abort", () =>
        reject(transaction.error ?? new DOMException("not written", "AbortError")),
      );
    });
  } finally {
    database.close();
  }
}

/** At most `most` entries of a store. Rejects where storage is denied. */
export const entriesOf = <Entry>(name: StoreName, most: number): Promise<Entry[]> =>
  transact(name, "readonly", (store) => {
    const request = store.getAll(undefined, most);
    return () => request.result as Entry[]; // Written by `changeEntry` alone.
  });

export const entryOf = <Entry>(name: StoreName, key: string): Promise<Entry | undefined> =>
  transact(name, "readonly", (store) => {
    const request = store.get(key);
    return () => request.result as Entry | undefined; // Written by `changeEntry` alone.
  });

/**
 * Puts what `work` makes of the entry, in one transaction; undefined takes it away. Returns what `work` returned. Rejects
 * where storage is denied or full; nothing has changed then.
 */
export const changeEntry = <Entry extends { readonly name: string }>(
  name: StoreName,
  key: string,
  work: (entry: Entry | undefined) => Entry | undefined,
): Promise<Entry | undefined> =>
  transact(name, "readwrite", (store) => {
    const request = store.get(key);
    let after: Entry | undefined;
    request.addEventListener("success", () => {
      after = work(request.result as Entry | undefined); // Written by this very function.
      if (after === undefined) store.delete(key);
      else store.put(after);
    });
    return () => after;
  });
