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
  modules: ["ae.safetensors", "clip_l.safetensors", "lab_vae.safetensors"],
  loras: [{ name: "lab_lora", alias: "lab lora" }],
  embeddings: ["lab_embed"],
  upscalers: ["None", "Lanczos", "R-ESRGAN 4x+"],
  latent_upscale_modes: ["Latent", "Latent (nearest)"],
  styles: ["lab style one"],
  controlnet_models: ["None", "control_canny [de300001]"],
  controlnet_modules: ["None", "canny", "reference_only"],
  scripts: [
    { name: "controlnet", is_alwayson: true, is_img2img: false, arg_labels: [null, null, null] },
    { name: "controlnet", is_alwayson: true, is_img2img: true, arg_labels: [null, null, null] },
    {
      name: "freeu integrated",
      is_alwayson: true,
      is_img2img: false,
      arg_labels: ["Enabled", "B1", "B2", "S1", "S2", "Start step", "End step"],
    },
    {
      name: "prompt matrix",
      is_alwayson: false,
      is_img2img: false,
      arg_labels: [
        "Put variable parts at start of prompt",
        "Use different seed for each picture",
        "Select prompt",
        "Select joining char",
        "Grid margins (px)",
      ],
    },
  ],
};
