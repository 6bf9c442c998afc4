/** What the page asks Background Sync for, and the service worker answers to. */
export const syncTag = "maily-answers";
