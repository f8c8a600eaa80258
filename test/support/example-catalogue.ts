import type { Catalogue } from "@mobilesd/contract";

export const PONY = "Pony/cyberrealisticPony_v8.safetensors";
export const PONY_SHA256 = "c0ffee00".repeat(8);

/** A small catalogue as an agent reports it; two files share the basename `twin`. */
export const EXAMPLE_CATALOGUE: Catalogue = {
  checkpoints: [
    { name: PONY, basename: "cyberrealisticPony_v8", hash: "c0ffee00c0", sha256: PONY_SHA256 },
    { name: "plain_sd15.safetensors", basename: "plain_sd15", hash: null, sha256: null },
    { name: "a/twin.safetensors", basename: "twin", hash: null, sha256: null },
    { name: "b\\twin.safetensors", basename: "twin", hash: null, sha256: null },
  ],
  samplers: ["DPM++ 2M", "Euler a", "Euler"],
  schedulers: [
    { name: "automatic", label: "Automatic" },
    { name: "karras", label: "Karras" },
    { name: "sgm_uniform", label: "SGM Uniform" },
  ],
  modules: [],
  loras: [{ name: "lab_lora", alias: "lab lora" }],
  embeddings: [],
  upscalers: [],
  latent_upscale_modes: [],
  styles: ["lab style one"],
  scripts: [],
};
