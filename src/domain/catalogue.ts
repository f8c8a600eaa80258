import { type Catalogue, modelFileStem } from "@mobilesd/contract";
import type { CatalogueName, NameKind } from "./names.ts";

/** A catalogue as rows: each name under every key by which a request may look it up. */
export function catalogueNames(catalogue: Catalogue): CatalogueName[] {
  const plain = (kind: NameKind, names: readonly string[]) =>
    names.map((name) => ({ kind, name, key: name, hash: null }));
  const under = (kind: NameKind, name: string, keys: readonly string[]) =>
    [...new Set(keys)].map((key) => ({ kind, name, key, hash: null }));
  return [
    ...catalogue.checkpoints.map(({ name, basename, sha256, hash }) => ({
      kind: "checkpoint" as const,
      name,
      key: basename,
      hash: sha256 ?? hash,
    })),
    ...catalogue.schedulers.flatMap(({ name, label }) => under("scheduler", name, [name, label])),
    ...catalogue.loras.flatMap(({ name, alias }) => under("lora", name, [name, alias])),
    ...plain("sampler", catalogue.samplers),
    // An infotext names a module without its ending.
    ...catalogue.modules.flatMap((name) => under("module", name, [name, modelFileStem(name)])),
    ...plain("embedding", catalogue.embeddings),
    ...plain("upscaler", catalogue.upscalers),
    ...plain("latent_upscale_mode", catalogue.latent_upscale_modes),
    ...plain("style", catalogue.styles),
    ...plain("controlnet_model", catalogue.controlnet_models),
    ...plain("controlnet_module", catalogue.controlnet_modules),
    // Forge compares titles in lower case.
    ...catalogue.scripts.flatMap(({ name, is_alwayson, is_img2img }) =>
      under(`${is_img2img ? "img2img" : "txt2img"}_${is_alwayson ? "alwayson" : "script"}`, name, [
        name.toLowerCase(),
      ]),
    ),
  ];
}
