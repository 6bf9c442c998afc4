/**
 * The exports of a module of this folder. Rejects where a page's policy lacks 'wasm-unsafe-eval' (a CompileError, by the
 * WebAssembly JavaScript API §5), and where there is no WebAssembly at all.
 */
export async function instantiate(hex: string): Promise<WebAssembly.Exports> {
  const module = Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
  return (await WebAssembly.instantiate(module)).instance.exports;
}
