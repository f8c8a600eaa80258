/** A checkpoint as a catalogue has it. `key` is its basename without the ending. */
export interface KnownCheckpoint {
  readonly name: string;
  readonly key: string;
  /** Sha256 in hexadecimal, or its first ten digits; null before Forge has hashed the file. */
  readonly hash: string | null;
}

const MODEL_FILE_ENDING = /\.(safetensors|ckpt|gguf|pth|pt|bin|sft)$/i;
const HASH_IN_TITLE = / \[[0-9a-f]{8,64}\]$/;

const withSlashes = (name: string) => name.replaceAll("\\", "/");
const lastPart = (name: string) => name.slice(name.lastIndexOf("/") + 1);

/** A model's file name without folders and ending, in whichever form it was written. */
export function modelFileStem(name: string): string {
  return lastPart(withSlashes(name)).replace(MODEL_FILE_ENDING, "");
}

/**
 * The basenames that a written checkpoint may mean, to look them up by: Forge also knows a file as
 * `folder_basename` (`model_name`), so every part behind an underscore is a candidate.
 */
export function checkpointKeys(given: string): string[] {
  const bare = modelFileStem(given.replace(HASH_IN_TITLE, ""));
  const keys = [bare];
  for (let at = bare.indexOf("_"); at >= 0 && keys.length < 16; at = bare.indexOf("_", at + 1)) {
    keys.push(bare.slice(at + 1));
  }
  return keys;
}

/** Whether a text may be a hash of a checkpoint: Forge takes 10 or 64 digits of its sha256. */
export function isCheckpointHash(given: string): boolean {
  return /^([0-9a-f]{10}|[0-9a-f]{64})$/.test(given);
}

/** Every form in which Forge's users write a checkpoint (forge-reference 1.6.4, Forge `CheckpointInfo`). */
function aliasesOf(checkpoint: KnownCheckpoint): string[] {
  const path = withSlashes(checkpoint.name);
  const modelName = path.replace(MODEL_FILE_ENDING, "").replaceAll("/", "_");
  const plain = [path, lastPart(path), checkpoint.key, modelName];
  if (checkpoint.hash === null) return plain;
  const short = checkpoint.hash.slice(0, 10);
  return [...plain, checkpoint.hash, short, `${path} [${short}]`, `${checkpoint.key} [${short}]`];
}

/** What a written name means: one file, none, or several that share it. */
export type CheckpointMatch<T> =
  | { readonly type: "found"; readonly checkpoint: T }
  | { readonly type: "unknown" }
  | { readonly type: "ambiguous"; readonly choices: string[] };

/** The one checkpoint that `given` means among those of the catalogue that share its keys. */
export function resolveCheckpoint<T extends KnownCheckpoint>(
  given: string,
  candidates: readonly T[],
): CheckpointMatch<T> {
  const written = withSlashes(given);
  const exact = candidates.find((one) => withSlashes(one.name) === written);
  if (exact) return { type: "found", checkpoint: exact };
  const bare = written.replace(HASH_IN_TITLE, "");
  const fitting = candidates.filter((one) => {
    const aliases = aliasesOf(one);
    return aliases.includes(written) || (one.hash === null && aliases.includes(bare));
  });
  const [only] = fitting;
  if (only === undefined) return { type: "unknown" };
  if (fitting.length > 1) return { type: "ambiguous", choices: fitting.map((one) => one.name) };
  return { type: "found", checkpoint: only };
}
