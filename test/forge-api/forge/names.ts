import { isObject, type JsonObject } from "../compare/difference.ts";

/** Every name that one checkpoint goes by. */
export interface CheckpointNames {
  /** The title without a hash: the path below the folder of checkpoints. */
  title: string;
  /** The file's name without folder and extension. */
  base: string;
  /** The file's name with its extension. */
  file: string;
  path: string;
  hash: string | null;
  sha256: string | null;
}

/** A prompt style of the host. */
export interface Style {
  name: string;
  prompt: string;
  negative_prompt: string;
}

/** What a Forge has in place of the files that the recordings name; null where it has none. */
export interface Names {
  selected: CheckpointNames;
  other: CheckpointNames | null;
  lora: { name: string; alias: string; path: string } | null;
  embedding: string | null;
  styles: [Style, Style] | null;
  module: { name: string; path: string } | null;
}

const rows = (body: unknown): JsonObject[] => (Array.isArray(body) ? body.filter(isObject) : []);

/** Reads the checkpoints out of an answer of sd-models. */
export function readCheckpoints(body: unknown): CheckpointNames[] {
  return rows(body).map(({ title, filename, hash, sha256 }) => {
    const name = String(title).replace(/ \[[0-9a-f]{10}\]$/, "");
    const file = name.split(/[\\/]/).pop() ?? name;
    return {
      title: name,
      base: file.replace(/\.[^.]+$/, ""),
      file,
      path: String(filename),
      hash: typeof hash === "string" ? hash : null,
      sha256: typeof sha256 === "string" ? sha256 : null,
    };
  });
}

/** The checkpoint that an option or a person means: by title, file or base name. */
export function findByName(
  checkpoints: CheckpointNames[],
  name: unknown,
): CheckpointNames | undefined {
  if (typeof name !== "string") return undefined;
  const bare = name.replace(/ \[[0-9a-f]{10}\]$/, "");
  return checkpoints.find(({ title, base, file }) => [title, base, file].includes(bare));
}

/** Whether a checkpoint lies in a folder, so that it has more names than one without. */
export function isInFolder({ title, file }: CheckpointNames): boolean {
  return title !== file;
}

const NEEDS_MODULES = /flux|schnell|gguf|nf4|unet|sd3/i;

/**
 * The other checkpoints, the likeliest to serve first: in a folder, of another name than the selected
 * one, and not of a kind that runs only with text encoders of its own.
 */
export function rankOthers(
  checkpoints: CheckpointNames[],
  selected: CheckpointNames,
): CheckpointNames[] {
  const rank = (checkpoint: CheckpointNames) =>
    (NEEDS_MODULES.test(checkpoint.title) ? 2 : 0) + (isInFolder(checkpoint) ? 0 : 1);
  return checkpoints
    .filter(({ base }) => base !== selected.base)
    .sort((one, two) => rank(one) - rank(two));
}

/** Reads the LoRAs out of an answer of loras. */
export function readLoras(body: unknown): NonNullable<Names["lora"]>[] {
  return rows(body).map(({ name, alias, path }) => ({
    name: String(name),
    alias: String(alias),
    path: String(path),
  }));
}

/** The names of the embeddings in an answer of embeddings. */
export function readEmbeddings(body: unknown): string[] {
  return isObject(body) && isObject(body.loaded) ? Object.keys(body.loaded) : [];
}

/** The first module in an answer of sd-modules. */
export function readModule(body: unknown): Names["module"] {
  const [first] = rows(body);
  return first ? { name: String(first.model_name), path: String(first.filename) } : null;
}

// A style with tags, comments or weights does more to a prompt than to stand in it.
const PLAIN_TEXT = /^[^<>()[\]#|\\_]*$/;

/** Two styles of plain words, the first one around the prompt and with a negative one. */
export function chooseStyles(body: unknown): Names["styles"] {
  const plain = rows(body).filter(
    (row): row is JsonObject & Style =>
      typeof row.prompt === "string" &&
      row.prompt !== "" &&
      typeof row.negative_prompt === "string" &&
      PLAIN_TEXT.test(row.prompt + row.negative_prompt),
  );
  const first = plain.find(
    ({ prompt, negative_prompt }) => prompt.includes("{prompt}") && negative_prompt !== "",
  );
  const rest = plain.filter((style) => style !== first);
  const second = rest.find(({ prompt }) => !prompt.includes("{prompt}")) ?? rest[0];
  return first && second ? [first, second] : null;
}

/** Lays styles over a prompt as Forge does (modules/styles.py `apply_styles_to_prompt`). */
export function applyStyles(prompt: string, styles: readonly string[]): string {
  return styles.reduce((merged, style) => {
    const words = style.trim();
    if (words.includes("{prompt}")) return words.replaceAll("{prompt}", () => merged);
    return [merged, words].filter((part) => part !== "").join(", ");
  }, prompt.trim());
}
