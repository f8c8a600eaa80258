import { type Catalogue, ResolvedParams } from "@mobilesd/contract";
import OPTIONS from "../../../demo-forge/lists/options.json" with { type: "json" };
import SCRIPTS from "../../../demo-forge/lists/script-info.json" with { type: "json" };
import type { Host } from "../../../src/forge/host.ts";
import { OVERRIDE_KEYS } from "../../../src/job/request/payload-overrides.ts";

export const PONY = "Pony/cyberrealisticPony_v8.safetensors";
export const PLAIN = "plain_sd15.safetensors";

/** What a Forge with some lab files has. Two files are called `twin`. */
export const LAB_CATALOGUE: Catalogue = {
  checkpoints: [
    { name: PONY, basename: "cyberrealisticPony_v8", hash: "c0ffee00c0", sha256: null },
    { name: PLAIN, basename: "plain_sd15", hash: null, sha256: null },
    { name: "a/twin.safetensors", basename: "twin", hash: null, sha256: null },
    { name: "b/twin.safetensors", basename: "twin", hash: null, sha256: null },
  ],
  samplers: ["DPM++ 2M", "Euler a", "Euler"],
  schedulers: [
    { name: "automatic", label: "Automatic" },
    { name: "karras", label: "Karras" },
  ],
  modules: ["ae.safetensors", "clip_l.safetensors", "lab_vae.safetensors", "lab_vae.ckpt"],
  loras: [
    { name: "lab_lora", alias: "lab lora" },
    { name: "first", alias: "shared" },
    { name: "second", alias: "shared" },
  ],
  embeddings: ["lab_embed"],
  upscalers: ["None", "Lanczos", "R-ESRGAN 4x+"],
  latent_upscale_modes: ["Latent", "Latent (nearest)"],
  styles: ["lab style one", "lab style two"],
  controlnet_models: ["None", "control_canny [de300001]"],
  controlnet_modules: ["None", "canny", "reference_only"],
  scripts: SCRIPTS.filter((one) => one.name !== "x/y/z plot").map(({ args, ...script }) => ({
    ...script,
    arg_labels: args.map(({ label }) => label),
  })),
};

const isOverridden = ([name]: [string, unknown]) => OVERRIDE_KEYS.includes(name);

/** A Forge as its owner left it when it was new. */
export const LAB_HOST: Host = {
  catalogue: LAB_CATALOGUE,
  options: {
    own: Object.fromEntries(Object.entries(OPTIONS).filter(isOverridden)),
    samplesFormat: "png",
    writesInfotext: true,
  },
  stylePrompts: new Map(),
  needsModules: async () => false,
  isDedicated: false,
};

/** The lab's Forge with some options of its owner's. */
export function hostWith(own: Readonly<Record<string, unknown>>): Host {
  const options = { ...LAB_HOST.options, own: { ...LAB_HOST.options.own, ...own } };
  return { ...LAB_HOST, options };
}

/** A job as the queue hands it over; what is not given is as on Forge's page. */
export function paramsOf(more: Record<string, unknown> = {}): ResolvedParams {
  const base = { positive_prompt: "a red cube", checkpoint_name: "cyberrealisticPony_v8" };
  return ResolvedParams.parse({ ...base, steps: 20, scheduler: "Karras", ...more });
}

/** An upload id that ends in `n`, as a request names it. */
export function uploadRef(n: number): { upload_id: string } {
  return { upload_id: `upl_${String(n).padStart(22, "0")}` };
}
