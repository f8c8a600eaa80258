/** One file of models/Stable-diffusion. `name` is its path below that folder. */
export interface Checkpoint {
  name: string;
  sha256: string;
  /** Forge hashes a file when it loads it for the first time, unless it was told not to. */
  isHashed: boolean;
  architecture: "sd1" | "sdxl" | "flux";
  /** Holds no text encoders and no VAE: fails unless all three are chosen as modules. */
  isUnetOnly: boolean;
  /** Reading the file from an SSD, and hashing it, in ms at speed 1. */
  loadMs: number;
}

/** The 10 characters Forge shows, or null before the first load. */
export function getShortHash(checkpoint: Checkpoint): string | null {
  return checkpoint.isHashed ? checkpoint.sha256.slice(0, 10) : null;
}

/** The file's name without folder and extension: the alias that works on every system. */
export function getBaseName(checkpoint: Checkpoint): string {
  const file = checkpoint.name.split("/").pop() ?? checkpoint.name;
  return file.replace(/\.[^.]+$/, "");
}

/** The basename with the hash behind it, once there is one: what infotexts call a second model. */
export function getShortTitle(checkpoint: Checkpoint): string {
  return appendHash(getBaseName(checkpoint), checkpoint);
}

/** The path with its separators as underscores, without extension. */
function getModelName(checkpoint: Checkpoint): string {
  return checkpoint.name.replaceAll("/", "_").replace(/\.[^.]+$/, "");
}

/** The name with the hash behind it, once there is one. */
function getTitle(checkpoint: Checkpoint): string {
  return appendHash(checkpoint.name, checkpoint);
}

function appendHash(text: string, checkpoint: Checkpoint): string {
  const hash = getShortHash(checkpoint);
  return hash === null ? text : `${text} [${hash}]`;
}

/** Everything an override may call this checkpoint (CheckpointInfo in modules/sd_models.py). */
function listAliases(checkpoint: Checkpoint): string[] {
  const legacy = checkpoint.sha256.slice(-8);
  const base = getBaseName(checkpoint);
  const aliases = [
    checkpoint.name,
    base,
    getModelName(checkpoint),
    legacy,
    `${checkpoint.name} [${legacy}]`,
  ];
  const hash = getShortHash(checkpoint);
  if (hash !== null) {
    aliases.push(hash, checkpoint.sha256, getTitle(checkpoint), `${base} [${hash}]`);
  }
  return aliases;
}

/** Finds by exact alias only: no other case, no full path, no basename with extension. */
export function findCheckpoint(checkpoints: Checkpoint[], name: unknown): Checkpoint | undefined {
  if (typeof name !== "string" || name === "") return undefined;
  return checkpoints.findLast((checkpoint) => listAliases(checkpoint).includes(name));
}

/**
 * Finds as refiner and hires fix do (get_closet_checkpoint_match): by alias, then by any part of a
 * title, the shortest title first, with and without a hash at the end.
 */
export function findClosestCheckpoint(
  checkpoints: Checkpoint[],
  name: string,
): Checkpoint | undefined {
  if (name === "") return undefined;
  const exact = findCheckpoint(checkpoints, name);
  if (exact) return exact;
  const shortestFirst = checkpoints.toSorted((a, b) => getTitle(a).length - getTitle(b).length);
  const bare = name.replace(/\s*\[[^\]]+\]\s*$/, "");
  return [name, bare]
    .map((part) => shortestFirst.find((checkpoint) => getTitle(checkpoint).includes(part)))
    .find((found) => found !== undefined);
}

/** The selected checkpoint, or the first when the option names none that is there. */
export function selectCheckpoint(
  checkpoints: Checkpoint[],
  option: unknown,
): Checkpoint | undefined {
  return findCheckpoint(checkpoints, option) ?? checkpoints[0];
}

/** One row of GET /sdapi/v1/sd-models. */
export function describeCheckpoint(checkpoint: Checkpoint) {
  return {
    title: getTitle(checkpoint),
    model_name: getModelName(checkpoint),
    hash: getShortHash(checkpoint),
    sha256: checkpoint.isHashed ? checkpoint.sha256 : null,
    filename: `DEMO_FORGE/models/Stable-diffusion/${checkpoint.name}`,
    config: null,
  };
}
