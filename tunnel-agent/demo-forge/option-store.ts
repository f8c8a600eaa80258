import type { Checkpoint } from "./checkpoints.ts";
import { findCheckpoint } from "./checkpoints.ts";
import { PythonError } from "./errors.ts";
import defaults from "./lists/options.json" with { type: "json" };

/** Options by name. */
export type Options = Record<string, unknown>;

/** Forge's options: defaults, and the values that somebody set or stored. */
export class OptionStore {
  readonly #data: Options;

  /** Only the chosen checkpoint is stored at first, as on a fresh Forge. */
  constructor(checkpoint: string) {
    this.#data = { sd_model_checkpoint: checkpoint };
  }

  /** All options with their present values. */
  list(): Options {
    return { ...defaults, ...this.#data };
  }

  /** The present value of one option. */
  get(name: string): unknown {
    return this.list()[name];
  }

  /** Sets options one by one; those before a bad one stay set, as in Forge's set_config. */
  set(changes: Options): void {
    for (const [name, value] of Object.entries(changes)) this.#data[name] = castOption(name, value);
  }

  /** Notes which file was read last, as Forge does under `sd_checkpoint_hash`. */
  noteLoaded(checkpoint: Checkpoint): void {
    this.#data.sd_checkpoint_hash = checkpoint.sha256;
  }

  /** Sets options for good (POST /sdapi/v1/options), which an unknown model refuses whole. */
  store(changes: Options, checkpoints: Checkpoint[]): void {
    const model = changes.sd_model_checkpoint;
    if (typeof model === "string" && findCheckpoint(checkpoints, model) === undefined) {
      throw new PythonError("RuntimeError", `model '${model}' not found`);
    }
    this.set(changes);
  }

  /**
   * The values that Forge will put back after an override. What was never stored is missing
   * here: that is how an override of it leaks into every later job.
   */
  remember(names: string[]): Options {
    return Object.fromEntries(
      names.filter((name) => Object.hasOwn(this.#data, name)).map((n) => [n, this.#data[n]]),
    );
  }
}

function castOption(name: string, value: unknown): unknown {
  if (!Object.hasOwn(defaults, name)) throw new PythonError("KeyError", `'${name}'`);
  const standard: unknown = (defaults as Options)[name];
  if (typeof standard !== "number" || typeof value === "number") return value;
  const cast = typeof value === "string" ? Number(value) : Number.NaN;
  if (Number.isFinite(cast)) return cast;
  throw new PythonError("ValueError", `invalid literal for int() with base 10: '${value}'`);
}
