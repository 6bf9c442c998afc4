const bytesOf = (hex: string) =>
  Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );

/** Whether the engine knows all of a module's instructions. */
export const isValid = (hex: string): boolean => WebAssembly.validate(bytesOf(hex));

/**
 * The exports of a module of this folder; undefined where the engine does not know its instructions. Rejects where a page's
 * policy lacks 'wasm-unsafe-eval' (a CompileError, by the WebAssembly JavaScript API §5), and where there is no WebAssembly
 * at all.
 */
export async function instantiate(hex: string): Promise<WebAssembly.Exports | undefined> {
  const module = bytesOf(hex);
  try {
    return (await WebAssembly.instantiate(module)).instance.exports;
  } catch (error) {
    // Both reasons are a CompileError. Asked only now: validating first would hold a slow page up.
    if (WebAssembly.validate(module)) throw error;
    return undefined;
  }
}
