import { applyStyles, type CheckpointNames, type Names } from "./names.ts";

const CHECKPOINTS = "FORGE_DIR/models/Stable-diffusion/";

/** Hashes of the two recorded checkpoints, as they stand in `hashing/`. */
const RECORDED_HASHES = {
  selected: "e232e51d0cdce0f0c71b8054f934e4be6a284a30cda8b42909bdc97308fc1da8",
  other: "02dcc7a1b0c0385b2a8d27a10c83fce635f640adb06cc428084924101af403f2",
};

const STYLED = "oil painting, a red cube, detailed, sunset";

/**
 * A function that puts a Forge's own names in place of those that the recordings name. Names that the
 * Forge has no counterpart for stay. `runId` keeps the task ids of one run apart from those of others.
 */
export function createRenaming(names: Names, runId: string): (text: string) => string {
  const pairs = new Map<string, string>([
    ...renameCheckpoint("plain_sd15.safetensors", RECORDED_HASHES.selected, names.selected),
    ...(names.other
      ? renameCheckpoint(
          "Pony/cyberrealisticPony_v8.safetensors",
          RECORDED_HASHES.other,
          names.other,
        )
      : []),
    ...renameRest(names),
  ]);
  const words = [...pairs.keys()].sort((one, two) => two.length - one.length).map(escapePattern);
  // One pass, so that no name which was put in is taken for a recorded one.
  const pattern = new RegExp(
    `${words.join("|")}|^task\\((?![a-z0-9]+-[A-Z0-9]{7}\\))(.+)\\)$`,
    "gs",
  );
  return (text) =>
    text.replace(pattern, (found, task?: string) => pairs.get(found) ?? `task(${runId} ${task})`);
}

function renameCheckpoint(
  title: string,
  sha256: string,
  names: CheckpointNames,
): [string, string][] {
  const file = title.split("/").pop() ?? title;
  const base = file.replace(/\.[^.]+$/, "");
  const pairs: [string, string][] = [
    [`${CHECKPOINTS}${title}`, names.path],
    [title, names.title],
    [file, title === file ? names.title : names.file],
    [title.replaceAll("/", "_").replace(/\.[^.]+$/, ""), toModelName(names.title)],
    [base, names.base],
    [base.toUpperCase(), names.base.toUpperCase()],
  ];
  if (title !== file) pairs.push([title.replaceAll("/", "\\"), turnSeparators(names.title)]);
  if (names.sha256)
    pairs.push([sha256, names.sha256], [sha256.slice(0, 10), names.sha256.slice(0, 10)]);
  return pairs;
}

function renameRest({ lora, embedding, styles, module }: Names): [string, string][] {
  const pairs: [string, string][] = [];
  if (lora) {
    pairs.push(["FORGE_DIR/models/Lora/lab_lora.safetensors", lora.path]);
    pairs.push(["lab_lora", lora.name], ["lab lora", lora.alias]);
  }
  if (embedding) pairs.push(["lab_embed", embedding]);
  if (module) pairs.push(["FORGE_DIR/models/VAE/lab_vae.safetensors", module.path]);
  if (module) pairs.push(["lab_vae.safetensors", module.name]);
  if (styles) {
    const [one, two] = styles;
    const prompt = applyStyles("a red cube", [one.prompt, two.prompt]);
    const negative = applyStyles("", [one.negative_prompt, two.negative_prompt]);
    pairs.push(["lab style one", one.name], ["lab style two", two.name]);
    pairs.push([`${STYLED}\nNegative prompt: blurry`, `${prompt}\nNegative prompt: ${negative}`]);
    pairs.push([STYLED, prompt]);
  }
  return pairs;
}

/** The title's other spelling on this host: Windows has `\\`, all others `/`. */
function turnSeparators(title: string): string {
  return title.includes("\\") ? title.replaceAll("\\", "/") : title.replaceAll("/", "\\");
}

function toModelName(title: string): string {
  return title.replace(/\.[^.]+$/, "").replaceAll(/[\\/]/g, "_");
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
