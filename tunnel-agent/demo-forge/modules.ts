/** One file of models/VAE or models/text_encoder: a row of GET /sdapi/v1/sd-modules. */
export interface Module {
  readonly model_name: string;
  readonly filename: string;
}

/** What a checkpoint without its own parts must be given, in the order in which Forge looks. */
const PARTS = [
  ["CLIP", "clip_l"],
  ["T5", "t5xxl"],
  ["VAE", "/VAE/"],
] as const;

/**
 * The files that a choice of modules names: by basename or by any path that ends with it, in the
 * order of the choice, unknown ones dropped (modules_change in modules_forge/main_entry.py).
 */
export function findModules(modules: readonly Module[], wanted: unknown): string[] {
  if (!Array.isArray(wanted)) return [];
  return wanted.flatMap((name) => {
    const base = String(name).split(/[\\/]/).pop();
    return modules.filter((known) => known.model_name === base).map((known) => known.filename);
  });
}

/** Whether two choices hold the same files, in whatever order: then Forge changes nothing. */
export function areSameModules(one: readonly string[], other: unknown): boolean {
  const others = Array.isArray(other) ? other.map(String) : [];
  return JSON.stringify(one.toSorted()) === JSON.stringify(others.toSorted());
}

/** The first part that is missing from the modules of a checkpoint that has only its UNet. */
export function findMissingPart(filenames: readonly string[]): string | null {
  const missing = PARTS.find(([, mark]) => !filenames.some((file) => file.includes(mark)));
  return missing === undefined ? null : missing[0];
}

/** A module as infotexts name it: the file's name without extension. */
export function getModuleName(filename: string): string {
  const base = filename.split(/[\\/]/).pop() ?? filename;
  return base.replace(/\.[^.]+$/, "");
}
