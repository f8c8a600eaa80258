import type { Checkpoint } from "./checkpoints.ts";
import type { Clock } from "./clock.ts";
import type { FaultBox } from "./faults.ts";

/** Reading and hashing a file of some gigabytes from an SSD. */
const LOAD_MS = 2000;

/** The way out of the GPU's memory and back, which a changed selection costs (§8.3). */
const MOVE_MS = 400;

/** What a job paid for its model: a read from disk, a way back into the GPU, or nothing. */
export type ModelCost = "load" | "move" | "nothing";

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

  /** Makes the model ready to sample and tells what that cost; a load also hashes the file. */
  async load(checkpoint: Checkpoint, modules: readonly string[]): Promise<ModelCost> {
    const wanted = JSON.stringify([checkpoint.name, modules]);
    const moveCost = this.#isOutOfGpu ? "move" : "nothing";
    const cost = wanted === this.#loaded ? moveCost : "load";
    if (cost === "load") {
      await this.#clock.sleep(LOAD_MS + this.#faults.read().slowLoad);
      this.#loaded = wanted;
    } else if (cost === "move") {
      await this.#clock.sleep(MOVE_MS);
    }
    this.#isOutOfGpu = false;
    checkpoint.isHashed = true;
    return cost;
  }
}
