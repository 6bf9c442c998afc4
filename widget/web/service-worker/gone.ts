// Served at /sw.js instead of the worker where an operator wants no worker any more (docs/operating.md): it takes itself and
// its caches away. Answers that wait stay where they are: pages send them.
declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));

async function leave(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith("maily-"));
  await Promise.all(names.map((name) => caches.delete(name)));
  await self.registration.unregister();
}

self.addEventListener("activate", (event) => event.waitUntil(leave()));
