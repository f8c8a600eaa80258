import { type Checkpoint, selectCheckpoint } from "./checkpoints.ts";
import type { Clock } from "./clock.ts";
import { PythonError } from "./errors.ts";
import type { FaultBox } from "./faults.ts";
import type { LoadedLora } from "./loras.ts";
import { findMissingPart } from "./modules.ts";
import type { OptionStore } from "./option-store.ts";

/** The way out of the GPU's memory and back, which a changed selection costs (§8.3). */
const MOVE_MS = 400;

const ENCODE_PROMPTS_MS = 60;

/** What a job paid for its model: a read from disk, a way back into the GPU, or nothing. */
export type ModelCost = "load" | "move" | "nothing";

/** What Forge reads from disk for a job; another one of any of these is another model. */
export interface ModelChoice {
  readonly checkpoint: Checkpoint;
  /** Full paths of VAE and text encoders. */
  readonly modules: readonly string[];
  readonly storageType: string;
}

/** A model in memory. */
export interface Model extends ModelChoice {
  /** The LoRAs that are worked into it; they stay from job to job until one changes them. */
  loras: readonly LoadedLora[];
}

/** Which model is selected and which is in memory. A file is read only when another is asked for. */
export class ModelMemory {
  readonly #clock: Clock;
  readonly #faults: FaultBox;
  readonly #checkpoints: Checkpoint[];
  readonly #isHashing: boolean;
  #selected: ModelChoice | null = null;
  #loadedKey = "";
  #model: Model | null = null;
  #isOutOfGpu = false;
  #encoded = "";

  constructor(parts: {
    clock: Clock;
    faults: FaultBox;
    checkpoints: Checkpoint[];
    isHashing: boolean;
  }) {
    this.#clock = parts.clock;
    this.#faults = parts.faults;
    this.#checkpoints = parts.checkpoints;
    this.#isHashing = parts.isHashing;
  }

  /** Takes over what the options select, and sends the model out of the GPU's memory. */
  select(options: OptionStore): void {
    this.#selected = this.#choose(options);
    this.#isOutOfGpu = true;
  }

  /** Sends the model out of the GPU's memory. */
  moveOut(): void {
    this.#isOutOfGpu = true;
  }

  /** What the next job will run with. Throws ValueError when there is no model at all. */
  getSelected(): ModelChoice {
    if (this.#selected) return this.#selected;
    const message =
      "You do not have any model! Please download at least one model in [models/Stable-diffusion].";
    throw new PythonError("ValueError", message);
  }

  /**
   * Reads a choice from disk unless it is in memory, and tells whether it did; a load also hashes
   * the file (forge_model_reload). Throws AssertionError for a checkpoint that lacks its parts.
   * After that nothing is in memory, yet Forge takes the model before it for loaded:
   * AttributeError until another one is loaded.
   */
  async load(choice: ModelChoice): Promise<{ isRead: boolean; model: Model }> {
    const key = JSON.stringify([choice.checkpoint.name, choice.modules, choice.storageType]);
    if (key !== this.#loadedKey) {
      this.#model = null;
      await this.#clock.sleep(choice.checkpoint.loadMs + this.#faults.read().slowLoad);
      checkParts(choice);
      if (this.#isHashing) choice.checkpoint.isHashed = true;
      this.#loadedKey = key;
      this.#model = { ...choice, loras: [] };
      return { isRead: true, model: this.#model };
    }
    if (this.#model !== null) return { isRead: false, model: this.#model };
    const message = "'NoneType' object has no attribute 'sd_checkpoint_info'";
    throw new PythonError("AttributeError", message);
  }

  /** Brings a model that was sent out of the GPU's memory back, and tells whether it had to. */
  async settle(isRead: boolean): Promise<boolean> {
    const isMoved = this.#isOutOfGpu && !isRead;
    if (this.#isOutOfGpu) this.#encoded = "";
    this.#isOutOfGpu = false;
    if (isMoved) await this.#clock.sleep(MOVE_MS);
    return isMoved;
  }

  /**
   * Encodes texts, unless the batch or job before had the same ones under the same settings, all in
   * `key`: then nothing is encoded (get_conds_with_caching).
   */
  async encodePrompts(key: string): Promise<void> {
    const known = `${this.#loadedKey} ${key}`;
    if (known !== this.#encoded) await this.#clock.sleep(ENCODE_PROMPTS_MS);
    this.#encoded = known;
  }

  #choose(options: OptionStore): ModelChoice | null {
    const name = options.get("sd_model_checkpoint");
    const checkpoint = selectCheckpoint(this.#checkpoints, name);
    if (checkpoint === undefined) return null;
    const modules = options.get("forge_additional_modules");
    return {
      checkpoint,
      modules: Array.isArray(modules) ? modules.map(String) : [],
      storageType: String(options.get("forge_unet_storage_dtype")),
    };
  }
}

function checkParts({ checkpoint, modules }: ModelChoice): void {
  const part = checkpoint.isUnetOnly ? findMissingPart(modules) : null;
  if (part !== null) throw new PythonError("AssertionError", `You do not have ${part} state dict!`);
}
