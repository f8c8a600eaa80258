import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Milliseconds before a child that died is started again: doubled each time, up to the last. */
const RESTART_FIRST_MS = 500;
const RESTART_LAST_MS = 30_000;
/** A child that ran this long was well; its next death begins at the first delay. */
const WELL_AFTER_MS = 60_000;

export interface ChildSpec {
  /** Asked at each start, as a port may be known after the first. */
  readonly args: () => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
  /** Told when the child died by itself, in words such as "exit code 1", and when it starts again. */
  readonly onDeath: (how: string, restartInMs: number) => void;
}

/** A Node process that is started again whenever it dies, until it is stopped. */
export class KeptChild {
  readonly #spec: ChildSpec;
  #child: ChildProcess | null = null;
  #restart: NodeJS.Timeout | null = null;
  #deaths = 0;
  #isStopped = false;

  constructor(spec: ChildSpec) {
    this.#spec = spec;
    this.#start();
  }

  /** Asks the child to end when it has done what it is at; resolves once it is gone. */
  async stop(): Promise<void> {
    this.#end();
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await gone;
  }

  /** Ends the child on the spot. */
  kill(): void {
    this.#end();
    this.#child?.kill("SIGKILL");
  }

  #end(): void {
    this.#isStopped = true;
    if (this.#restart) clearTimeout(this.#restart);
  }

  #start(): void {
    const startedAt = performance.now();
    // The channel is how a child learns that this process is gone, even by kill -9.
    const child = spawn(process.execPath, [...this.#spec.args()], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...this.#spec.env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", this.#spec.onLine);
    }
    child.once("error", (error) => this.#spec.onLine(`cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      this.#child = null;
      if (this.#isStopped) return;
      if (performance.now() - startedAt > WELL_AFTER_MS) this.#deaths = 0;
      const delayMs = Math.min(RESTART_FIRST_MS * 2 ** this.#deaths, RESTART_LAST_MS);
      this.#deaths += 1;
      this.#spec.onDeath(signal ?? `exit code ${code}`, delayMs);
      this.#restart = setTimeout(() => this.#start(), delayMs);
    });
  }
}
