import type { Checkpoint } from "./checkpoints.ts";
import type { Clock } from "./clock.ts";
import type { FaultBox } from "./faults.ts";

/** Reading and hashing a file of some gigabytes from an SSD. */
const LOAD_MS = 2000;

/** The way out of the GPU's memory and back, which a changed selection costs (§8.3). */
const MOVE_MS = 400;

/** Which model is in memory. A file is read only when another one is asked for. */
export class ModelMemory {
  readonly #clock: Clock;
  readonly #faults: FaultBox;
  #loaded = "";
  #isOutOfGpu = false;

  constructor(clock: Clock, faults: FaultBox) {
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Sends the model out of the GPU's memory, as any change of the selection does. */
  moveOut(): void {
    this.#isOutOfGpu = true;
  }

  /** Makes the model ready to sample: free, a move, or a load from disk that also hashes it. */
  async load(checkpoint: Checkpoint, modules: readonly string[]): Promise<void> {
    const wanted = JSON.stringify([checkpoint.name, modules]);
    if (wanted !== this.#loaded) {
      await this.#clock.sleep(LOAD_MS + this.#faults.read().slowLoad);
      this.#loaded = wanted;
    } else if (this.#isOutOfGpu) {
      await this.#clock.sleep(MOVE_MS);
    }
    this.#isOutOfGpu = false;
    checkpoint.isHashed = true;
  }
}
