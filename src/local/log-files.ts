import {
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
  type WriteStream,
} from "node:fs";
import { join } from "node:path";

/** Bytes after which a start puts the old log aside, so that two of this size are kept at most. */
const LOG_BYTES_MAX = 10_000_000;

export type LogName = "worker" | "agent" | "demo-forge";

/** The full logs of this and earlier starts, one file a program. */
export interface LogFiles {
  write(name: LogName, line: string): void;
  close(): Promise<void>;
}

/** Opens the logs in a folder. The lines come without secrets already; they go in as they are. */
export function openLogFiles(folder: string): LogFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const streams = new Map<LogName, WriteStream>();
  const open = (name: LogName) => {
    const path = join(folder, `${name}.log`);
    if (existsSync(path) && statSync(path).size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
    const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    // A full disk must not end the queue; the rows say so themselves when they cannot be written.
    stream.on("error", (error) => process.stderr.write(`${path}: ${error.message}\n`));
    streams.set(name, stream);
    return stream;
  };
  return {
    write: (name, line) => void (streams.get(name) ?? open(name)).write(`${line}\n`),
    async close() {
      const closing = [...streams.values()].map(
        (stream) => new Promise<void>((resolve) => stream.end(resolve)),
      );
      await Promise.all(closing);
    },
  };
}
