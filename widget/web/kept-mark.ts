/** Names in localStorage begin with it where something is kept on this device. */
export const keptMark = "maily.kept";

/** Whether to look before the page is shown; no where storage is denied. */
export function isAnythingKept(): boolean {
  try {
    return Object.keys(localStorage).some((name) => name.startsWith(keptMark));
  } catch {
    return false;
  }
}
