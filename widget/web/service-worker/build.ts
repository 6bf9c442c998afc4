/** What one build of the page consists of; demo/build-service-worker.ts puts it here. */
export interface Shell {
  /** Of every file's content. */
  readonly digest: string;
  /** SHA-256 of the page's HTML, in base64url. */
  readonly html: string;
  /** Paths of what the page needs besides, in every language it may speak but one that a reader has not used. */
  readonly files: readonly string[];
}

declare const MAILY_SHELL: Shell;

export const shell: Shell = MAILY_SHELL;
