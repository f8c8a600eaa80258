import { type Checkpoint, getBaseName } from "./checkpoints.ts";
import type { Forge } from "./forge.ts";
import type { JobRecord } from "./job-record.ts";
import type { Model, ModelChoice } from "./model-memory.ts";
import { getModuleName } from "./modules.ts";

/** Makes the selected model ready for a job and notes what that cost. Throws as the load does. */
export async function loadSelected(forge: Forge, record: JobRecord): Promise<Model> {
  const selected = forge.memory.getSelected();
  const choice = { ...selected, checkpoint: chooseCheckpoint(forge, selected.checkpoint) };
  record.model = getBaseName(choice.checkpoint);
  record.modules = choice.modules.map(getModuleName);
  const { isRead, model } = await loadModel(forge, record, choice);
  const isMoved = await forge.memory.settle(isRead);
  record.modelCost = isRead ? "load" : isMoved ? "move" : "nothing";
  return model;
}

/** Reads a model from disk unless it is there, in the middle of a job. */
export async function loadModel(
  forge: Forge,
  record: JobRecord,
  choice: ModelChoice,
): Promise<{ isRead: boolean; model: Model }> {
  const loaded = await forge.memory.load(choice);
  if (loaded.isRead) {
    const { checkpoint } = choice;
    record.loads.push(getBaseName(checkpoint));
    forge.options.store("sd_checkpoint_hash", checkpoint.isHashed ? checkpoint.sha256 : null);
  }
  return loaded;
}

/**
 * Goes over to another model for the rest of a pass, as hires fix and refiner do. What is selected
 * stays selected, so the next batch or job reads it again.
 */
export async function switchModel(
  forge: Forge,
  record: JobRecord,
  change: { checkpoint?: Checkpoint; modules?: readonly string[] },
): Promise<Model> {
  const { model } = await loadModel(forge, record, { ...forge.memory.getSelected(), ...change });
  forge.memory.moveOut();
  return model;
}

function chooseCheckpoint({ faults, checkpoints, say }: Forge, chosen: Checkpoint): Checkpoint {
  if (!faults.take("wrongModel")) return chosen;
  say(`fault wrongModel: runs another model than ${getBaseName(chosen)}`);
  return checkpoints.find((known) => known !== chosen) ?? chosen;
}
