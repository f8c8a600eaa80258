/** What can be made to go wrong. A count is "for the next so many jobs". */
export interface FaultSettings {
  /** OutOfMemoryError after the first step, for the next n jobs. */
  oom: number;
  /** The next n jobs fail with a RuntimeError before their first step. */
  error500: number;
  /** The next job hangs after this step until the faults change; an interrupt does not help. */
  hangAtStep: number | null;
  /** The next request for a picture ends the whole Forge without a byte of answer. */
  crash: boolean;
  /** The next job ends the whole Forge after this step. */
  crashAtStep: number | null;
  /** The next n jobs run with another checkpoint than asked for, silently. */
  wrongModel: number;
  /** The next n jobs answer 200 without pictures. */
  emptyImages: number;
  /** Added to every load of a model, in ms at speed 1. */
  slowLoad: number;
  /** The next n answers begin with 200 and a length, and break off in the middle. */
  truncateAnswer: number;
  /** The next n jobs run, but their connection closes without an answer. */
  dropAnswer: number;
}

/** The kinds of faults that only count down. */
type CountedFault =
  | "oom"
  | "error500"
  | "wrongModel"
  | "emptyImages"
  | "truncateAnswer"
  | "dropAnswer";

/** A Forge that works. */
const NO_FAULTS: FaultSettings = {
  oom: 0,
  error500: 0,
  hangAtStep: null,
  crash: false,
  crashAtStep: null,
  wrongModel: 0,
  emptyImages: 0,
  slowLoad: 0,
  truncateAnswer: 0,
  dropAnswer: 0,
};

/** Holds the faults that are switched on. */
export class FaultBox {
  #settings: FaultSettings = { ...NO_FAULTS };
  #changed: () => void = () => undefined;
  #change: Promise<void>;

  constructor(first: Partial<FaultSettings> = {}) {
    this.#change = this.#createChange();
    this.set(first);
  }

  /** Switches some faults and leaves the others as they are; frees jobs that hang. */
  set(changes: Partial<FaultSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
    this.#changed();
    this.#change = this.#createChange();
  }

  /** Switches all faults off. */
  clear(): void {
    this.set(NO_FAULTS);
  }

  /** The faults as they are set now. */
  read(): FaultSettings {
    return { ...this.#settings };
  }

  /** Uses up one job's share of a counted fault; false when there is none left. */
  take(kind: CountedFault): boolean {
    const left = this.#settings[kind];
    if (left <= 0) return false;
    this.#settings[kind] = left - 1;
    return true;
  }

  /** Uses up the crash that waits for the next request. */
  takeCrash(): boolean {
    const isSet = this.#settings.crash;
    this.#settings.crash = false;
    return isSet;
  }

  /** Uses up a fault that waits for a step, when this is the step. */
  takeAtStep(kind: "hangAtStep" | "crashAtStep", step: number): boolean {
    if (this.#settings[kind] !== step) return false;
    this.#settings[kind] = null;
    return true;
  }

  /** Resolves when somebody changes the faults. */
  waitForChange(): Promise<void> {
    return this.#change;
  }

  #createChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

/**
 * Reads faults from JSON, as `--fault` takes them: `{"oom":1,"hangAtStep":3}`.
 * Throws an Error with one sentence when a name or a value is wrong.
 */
export function parseFaults(json: string): Partial<FaultSettings> {
  const given = JSON.parse(json) as unknown;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error("Faults must be a JSON object");
  }
  for (const [kind, value] of Object.entries(given)) {
    if (!Object.hasOwn(NO_FAULTS, kind)) {
      throw new Error(`There is no fault "${kind}", only ${Object.keys(NO_FAULTS).join(", ")}`);
    }
    const isFine =
      kind === "crash"
        ? typeof value === "boolean"
        : (Number.isInteger(value) && value >= 0) || (kind.endsWith("AtStep") && value === null);
    if (!isFine) throw new Error(`Fault "${kind}" cannot be ${JSON.stringify(value)}`);
  }
  return given;
}
