import { createServer } from "node:net";
import { StartError } from "./start-error.ts";

const SENTENCES: Record<string, (host: string, port: number) => string> = {
  EADDRINUSE: (_, port) =>
    `Port ${port} is in use. Stop what uses it, or choose another one: PORT=${port === 65_535 ? 3000 : port + 1} npm start`,
  EACCES: (_, port) =>
    `This user may not listen on port ${port}; choose one above 1023: PORT=3000 npm start`,
  EADDRNOTAVAIL: (host) => `HOST=${host} is not an address of this machine.`,
};

/** Sees that a port can be listened on, before anything is started. Throws `StartError`. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const sentence = SENTENCES[error.code ?? ""]?.(host, port);
      reject(sentence === undefined ? error : new StartError(sentence));
    });
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}
