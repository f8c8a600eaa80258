import { PythonError } from "./errors.ts";
import lateDefaults from "./lists/late-options.json" with { type: "json" };
import defaults from "./lists/options.json" with { type: "json" };

/** Options by name. */
export type Options = Record<string, unknown>;

/** Extensions register theirs too late to be listed by GET /sdapi/v1/options. */
const KNOWN: Options = { ...defaults, ...lateDefaults };

/** Forge's options: defaults, and what config.json holds (`opts.data`). */
export class OptionStore {
  readonly #data: Options;

  /** Only the chosen checkpoint is stored at first, as on a fresh Forge. */
  constructor(checkpoint: string) {
    this.#data = { sd_model_checkpoint: checkpoint };
  }

  /**
   * The listed options with their present values. Throws PythonError when a stored value is no
   * number where one belongs: then Forge cannot validate its own answer.
   */
  list(): Options {
    const listed = Object.entries(defaults).map(([name, standard]) => {
      const value = this.get(name);
      const isFine = typeof standard !== "number" || Number.isFinite(Number(value));
      if (!isFine) throw this.#createValidationError(name, value);
      return [name, value];
    });
    return Object.fromEntries(listed);
  }

  /** The present value of one option. */
  get(name: string): unknown {
    return Object.hasOwn(this.#data, name) ? this.#data[name] : KNOWN[name];
  }

  /** The stored value, undefined when config.json does not hold the option. */
  getStored(name: string): unknown {
    return this.#data[name];
  }

  /** A number; 0 where somebody stored something else. */
  getNumber(name: string): number {
    return Number(this.get(name)) || 0;
  }

  /** Stores one value, of whatever type: nothing is cast. Throws KeyError for unknown options. */
  store(name: string, value: unknown): void {
    if (!Object.hasOwn(KNOWN, name)) throw new PythonError("KeyError", `'${name}'`);
    this.#data[name] = value;
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

  #createValidationError(name: string, input: unknown): PythonError {
    const problem =
      `{'type': 'float_parsing', 'loc': ('response', '${name}'), 'msg': 'Input should be a valid ` +
      `number, unable to parse string as a number', 'input': '${input}', ` +
      "'url': 'https://errors.pydantic.dev/2.8/v/float_parsing'}";
    const message = `1 validation errors:\n  ${problem}\n`;
    return new PythonError("ResponseValidationError", message, { ...this.#data });
  }
}
