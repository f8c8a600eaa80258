import { createCheckpoints, MODULES } from "./catalogue.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { type Clock, createClock, type Sleep } from "./clock.ts";
import { FaultBox, type FaultSettings } from "./faults.ts";
import { FifoLock } from "./fifo-lock.ts";
import type { JobRecord } from "./job-record.ts";
import { ModelMemory } from "./model-memory.ts";
import type { Module } from "./modules.ts";
import { OptionStore } from "./option-store.ts";
import { createProgressState, type ProgressState } from "./progress.ts";
import { TaskList } from "./task-list.ts";

/**
 * How much of a starting Forge answers: first 404 everywhere, then all but the extensions' routes,
 * which come about a second after the rest (forge-reference.md §8.1).
 */
export type Phase = "empty" | "partial" | "ready";

/** What a Forge was started with. */
export interface LaunchFlags {
  hasApi: boolean;
  /** No file ever gets a hash. */
  noHashing: boolean;
  /** No page, no /internal, and no module is known: only the page fills that list. */
  noWebui: boolean;
  /** Null without `--port`. */
  port: number | null;
  apiAuth: string | null;
  /** Every picture lies under coarse grain. */
  hasGrain: boolean;
}

/** Everything one running demo Forge consists of; all requests work on it. */
export interface Forge {
  readonly clock: Clock;
  readonly ended: AbortSignal;
  readonly faults: FaultBox;
  readonly checkpoints: Checkpoint[];
  readonly flags: LaunchFlags;
  readonly modules: readonly Module[];
  readonly options: OptionStore;
  readonly memory: ModelMemory;
  readonly progress: ProgressState;
  readonly tasks: TaskList;
  readonly lock: FifoLock;
  readonly jobs: JobRecord[];
  /** Writes one line of the log. */
  readonly say: (line: string) => void;
  /** Ends the whole Forge on the spot, every connection without another byte. */
  readonly crash: () => void;
  phase: Phase;
}

/** A Forge that nobody has asked anything yet. */
export function createForge(parts: {
  timeScale: number;
  sleep: Sleep | undefined;
  faults: Partial<FaultSettings>;
  flags: LaunchFlags;
  ended: AbortSignal;
  say: (line: string) => void;
  crash: () => void;
}): Forge {
  const { flags } = parts;
  const clock = createClock(parts.timeScale, parts.ended, parts.sleep);
  const checkpoints = createCheckpoints();
  const faults = new FaultBox(parts.faults);
  const options = new OptionStore(checkpoints[0]?.name ?? "");
  const memory = new ModelMemory({ clock, faults, checkpoints, isHashing: !flags.noHashing });
  memory.select(options);
  return {
    clock,
    ended: parts.ended,
    faults,
    checkpoints,
    flags,
    modules: flags.noWebui ? [] : MODULES,
    options,
    memory,
    progress: createProgressState(),
    tasks: new TaskList(),
    lock: new FifoLock(),
    jobs: [],
    say: parts.say,
    crash: parts.crash,
    phase: "ready",
  };
}
