import { createCheckpoints } from "./catalogue.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { type Clock, createClock } from "./clock.ts";
import { FaultBox, type FaultSettings } from "./faults.ts";
import { FifoLock } from "./fifo-lock.ts";
import { type ModelCost, ModelMemory } from "./model-memory.ts";
import { OptionStore } from "./option-store.ts";
import { createProgressState, type ProgressState } from "./progress.ts";
import { TaskList } from "./task-list.ts";

/**
 * How much of a starting Forge answers: first 404 everywhere, then all but the extensions' routes,
 * which come about a second after the rest (forge-reference.md §8.1).
 */
export type Phase = "empty" | "partial" | "ready";

/** One job that reached the GPU, for tests to look at. */
export interface JobRecord {
  readonly taskId: string;
  readonly kind: "txt2img" | "img2img";
  prompt: string;
  /** The first picture's seed. */
  seed: number;
  /** The checkpoint that ran, as its basename. */
  model: string;
  modelCost: ModelCost;
  /** Sampling steps that were run, over all batches. */
  stepsDone: number;
  /** An interrupt reached the job, whatever it spoiled. */
  isInterrupted: boolean;
  state: "running" | "done" | "failed";
  /** The pictures of the answer as they were encoded, in hex; empty until then. */
  imageSha256s: string[];
}

/** Everything one running demo Forge consists of; all requests work on it. */
export interface Forge {
  readonly clock: Clock;
  readonly ended: AbortSignal;
  readonly faults: FaultBox;
  readonly checkpoints: Checkpoint[];
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
  faults: Partial<FaultSettings>;
  ended: AbortSignal;
  say: (line: string) => void;
  crash: () => void;
}): Forge {
  const clock = createClock(parts.timeScale, parts.ended);
  const checkpoints = createCheckpoints();
  const faults = new FaultBox(parts.faults);
  const options = new OptionStore(checkpoints[0]?.name ?? "");
  return {
    clock,
    ended: parts.ended,
    faults,
    checkpoints,
    options,
    memory: new ModelMemory(clock, faults),
    progress: createProgressState(),
    tasks: new TaskList(),
    lock: new FifoLock(),
    jobs: [],
    say: parts.say,
    crash: parts.crash,
    phase: "ready",
  };
}
