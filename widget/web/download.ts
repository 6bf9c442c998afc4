// What a reader takes along, as a file.

export function download(text: string, type: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has taken its copy by the next turn.
  setTimeout(() => URL.revokeObjectURL(address));
}

export const downloadReceipt = (jws: string, id: string): void =>
  download(jws, "application/jose", `receipt-${id.slice(0, 8)}.jws`);
