import type { ModelCost } from "./model-memory.ts";
import type { Options } from "./option-store.ts";

/** One job that reached the GPU, for tests to look at: what really ran. */
export interface JobRecord {
  readonly taskId: string;
  readonly kind: "txt2img" | "img2img";
  /** As the request sent them; null without any. */
  readonly overrideSettings: Options | null;
  prompt: string;
  /** The first picture's seed. */
  seed: number;
  /** The checkpoint that ran, as its basename. */
  model: string;
  modelCost: ModelCost;
  /** Every checkpoint that was read from disk, as basenames, in order. */
  loads: string[];
  /** VAE and text encoders in force, without extension. */
  modules: string[];
  /** The LoRAs in force in the last pass, as "name:weight", also those that an earlier job left. */
  loras: string[];
  clipSkip: number;
  /** The checkpoint of the second pass when it is another one. */
  hiresModel: string | null;
  /** The refiner once it has taken over. */
  refinerModel: string | null;
  /** Titles of the always-on scripts that the request names, in lower case. */
  alwaysOnScripts: string[];
  /** Sampling steps that were run, over all passes and batches. */
  stepsDone: number;
  /** An interrupt reached the job, whatever it spoiled. */
  isInterrupted: boolean;
  state: "running" | "done" | "failed";
  /** The pictures of the answer as they were encoded, in hex; empty until then. */
  imageSha256s: string[];
  /** When its request had been read, before the lock. All times are milliseconds of the Forge's clock. */
  readonly arrivedAt: number;
  /** When it began, inside the lock; null before that, as the others. */
  beginAt: number | null;
  /** When the first interrupt came that reached it between its begin and its end. */
  interruptedAt: number | null;
  /** When it left the lock; its pictures are encoded after that. */
  endAt: number | null;
  /** When the last byte of its answer was handed to the network. */
  answeredAt: number | null;
}

/** Notes an interrupt for the job that runs; an idle Forge's hits nobody. */
export function noteInterrupt(jobs: readonly JobRecord[], now: number): void {
  const last = jobs.at(-1);
  if (last && last.endAt === null) last.interruptedAt ??= now;
}

/** A record of a job that has not begun. */
export function createJobRecord(
  taskId: string,
  kind: JobRecord["kind"],
  overrideSettings: Options | null,
  alwaysOnScripts: string[],
  arrivedAt: number,
): JobRecord {
  return {
    taskId,
    kind,
    overrideSettings,
    prompt: "",
    seed: 0,
    model: "",
    modelCost: "nothing",
    loads: [],
    modules: [],
    loras: [],
    clipSkip: 0,
    hiresModel: null,
    refinerModel: null,
    alwaysOnScripts,
    stepsDone: 0,
    isInterrupted: false,
    state: "running",
    imageSha256s: [],
    arrivedAt,
    beginAt: null,
    interruptedAt: null,
    endAt: null,
    answeredAt: null,
  };
}
