import { createHash, randomBytes } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sync as writeFileAtomic } from "write-file-atomic";
import * as z from "zod";
import { StartError } from "./start-error.ts";
import type { WorkerSecrets } from "./worker-runtime.ts";

/** What a file system says, in words. */
const TROUBLES: Record<string, string> = {
  EACCES: "this user has no right to it",
  EPERM: "this user has no right to it",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "it is a file, not a folder",
  ENOENT: "its path leads nowhere",
};

function troubleOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown trouble";
  return TROUBLES[code] ?? code;
}

/** Makes the state folder, for this user only, or sees that it can be used. Throws `StartError`. */
export function openStateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(
      `The state folder ${path} cannot be used: ${troubleOf(error)}. Set MOBILESD_DIR to a folder of your own.`,
    );
  }
}

/** Writes a file that only this user can read, whole or not at all. Throws `StartError`. */
export function writePrivateFile(path: string, text: string): void {
  try {
    writeFileAtomic(path, text, { mode: 0o600 });
  } catch (error) {
    throw new StartError(`${path} cannot be written: ${troubleOf(error)}.`);
  }
}

/** Reads a JSON file of the folder; null when there is none. Throws `StartError` when it is damaged. */
export function readJsonFile<T>(path: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(path)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const isDamaged = error instanceof SyntaxError || error instanceof z.ZodError;
    const why = isDamaged ? "it is damaged" : troubleOf(error);
    throw new StartError(`${path} cannot be read: ${why}. Restore it, or move it away.`);
  }
}

const Secrets = z.object({
  KEY_PEPPER: z.string().min(16),
  URL_SIGNING_KEY: z.string().min(16),
  SETUP_TOKEN: z.string().min(16),
}) satisfies z.ZodType<WorkerSecrets>;

/** The Worker's secrets, made at random the first time. */
export function openSecrets(stateDir: string): WorkerSecrets {
  const path = join(stateDir, "secrets.json");
  const known = readJsonFile(path, Secrets);
  if (known) return known;
  const secret = () => randomBytes(32).toString("base64url");
  const made = { KEY_PEPPER: secret(), URL_SIGNING_KEY: secret(), SETUP_TOKEN: secret() };
  writePrivateFile(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

/** A name that the system itself gives up when its holder dies, however it dies. */
function lockAddress(stateDir: string): string {
  const hash = createHash("sha256").update(realpathSync(stateDir)).digest("hex").slice(0, 32);
  if (process.platform === "linux") return `\0mobilesd-${hash}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\mobilesd-${hash}`;
  return join(tmpdir(), `mobilesd-${hash}.sock`);
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(address, () => resolve(server));
  });
}

function isAnswering(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });
}

/** Holds the state folder for this process alone. Throws `StartError` when another one has it. */
export async function lockStateFolder(stateDir: string): Promise<{ release(): void }> {
  const address = lockAddress(stateDir);
  const server = await listen(address).catch(async () => {
    if (await isAnswering(address)) {
      throw new StartError(
        `MobileSD Queue runs already with the state folder ${stateDir}; stop that one first.`,
      );
    }
    // Where the name is a file, a killed holder leaves it behind.
    rmSync(address, { force: true });
    return listen(address);
  });
  server.unref();
  return { release: () => void server.close() };
}
