import { AsyncLocalStorage } from "node:async_hooks";
import type { ChildProcess } from "node:child_process";
import diagnostics from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";

/** One line that the Worker or its runtime wrote; the Worker's own are JSON with an `event`. */
export interface WorkerLogEntry {
  readonly level: string;
  readonly message: string;
}

/** Milliseconds between two tries to bring up a runtime that Miniflare gave up. */
const REBUILD_EVERY_MS = 300;

/** Which Miniflare a spawned process belongs to: Miniflare does not tell, Node's own channel does. */
const spawning = new AsyncLocalStorage<(child: ChildProcess) => void>();
diagnostics.subscribe("child_process", (message) => {
  spawning.getStore()?.((message as { process: ChildProcess }).process);
});

/** Passes on what Miniflare says, and tells when it gave its runtime up. */
class RuntimeLog extends Log {
  readonly #write: (entry: WorkerLogEntry) => void;
  readonly #onGivenUp: () => void;

  constructor(write: (entry: WorkerLogEntry) => void, onGivenUp: () => void) {
    super(LogLevel.WARN);
    this.#write = write;
    this.#onGivenUp = onGivenUp;
  }

  override log(message: string): void {
    this.#write({ level: "warn", message });
  }

  override error(error: Error & { code?: string }): void {
    this.#write({ level: "error", message: error.message });
    if (error.code === "ERR_RUNTIME_FAILURE") this.#onGivenUp();
  }
}

interface Supervision {
  /** Called again for each new Miniflare: the port is known after the first. */
  readonly options: () => MiniflareOptions;
  readonly write: (entry: WorkerLogEntry) => void;
  readonly onProcess: (pid: number) => void;
}

/**
 * A Miniflare that lives on when its runtime is killed. Miniflare itself starts a runtime anew, but gives up
 * when that one dies during its start; then a new Miniflare takes its place.
 */
export class SupervisedMiniflare {
  readonly #supervision: Supervision;
  #miniflare: Miniflare;
  #runtime: ChildProcess | null = null;
  #rebuilding: Promise<void> | null = null;
  #isStopped = false;

  constructor(supervision: Supervision) {
    this.#supervision = supervision;
    this.#miniflare = this.#create();
  }

  /** The Miniflare of now, serving. Throws when it cannot start at all. */
  async live(): Promise<Miniflare> {
    await this.#rebuilding;
    await this.#miniflare.ready;
    return this.#miniflare;
  }

  /** The runtime's process id; null while there is none. */
  pid(): number | null {
    const child = this.#runtime;
    return child !== null && child.exitCode === null && child.signalCode === null
      ? (child.pid ?? null)
      : null;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#rebuilding;
    await this.#dispose();
  }

  #create(): Miniflare {
    const { options, write, onProcess } = this.#supervision;
    const noteProcess = (child: ChildProcess) => {
      child.once("spawn", () => {
        this.#runtime = child;
        if (child.pid !== undefined) onProcess(child.pid);
      });
    };
    const log = new RuntimeLog(write, () => this.#rebuild());
    return spawning.run(noteProcess, () => new Miniflare({ ...options(), log }));
  }

  /** Frees the port and all else; a Miniflare that failed says so again here, which helps nobody. */
  async #dispose(): Promise<void> {
    await this.#miniflare.dispose().catch((error) => {
      this.#supervision.write({ level: "debug", message: `While stopping: ${error}` });
    });
  }

  #rebuild(): void {
    this.#rebuilding ??= this.#rebuildUntilReady().finally(() => {
      this.#rebuilding = null;
    });
  }

  async #rebuildUntilReady(): Promise<void> {
    while (!this.#isStopped) {
      await sleep(REBUILD_EVERY_MS);
      await this.#dispose();
      try {
        this.#miniflare = this.#create();
        await this.#miniflare.ready;
        return;
      } catch (error) {
        const message = `The Worker did not come back yet: ${error}`;
        this.#supervision.write({ level: "error", message });
      }
    }
  }
}
