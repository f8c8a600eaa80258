import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "./start-error.ts";

const SENTENCES: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (_, port) =>
    `Port ${port} is in use. Stop what uses it, or choose another one: PORT=${port === 65_535 ? 3000 : port + 1} npm start`,
  EACCES: (_, port) =>
    `This user may not listen on port ${port}; choose one above 1023: PORT=3000 npm start`,
  EADDRNOTAVAIL: (host) => `HOST=${host} is not an address of this machine.`,
};

/** Why a port cannot be listened on; null when it can. */
function probe(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

const LOOK_EVERY_MS = 50;

/**
 * Sees that a port can be listened on, before anything is started. A port in use is looked at again for
 * `patienceMs`. Throws `StartError`.
 */
export async function requireFreePort(
  host: string,
  port: number,
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const error = await probe(host, port);
    if (error === null) return;
    if (error.code !== "EADDRINUSE" || performance.now() >= deadline) {
      const sentence = SENTENCES[error.code ?? ""]?.(host, port);
      throw sentence === undefined ? error : new StartError(sentence);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
