import { describe, expect, it } from "vitest";
import { loadExchange } from "../recording.ts";
import {
  applyStyles,
  chooseStyles,
  findByName,
  type Names,
  rankOthers,
  readCheckpoints,
} from "./names.ts";
import { createRenaming } from "./renaming.ts";

const NAMED = { hash: null, sha256: null };

function checkpoint(title: string, path = `/forge/models/Stable-diffusion/${title}`) {
  const [row] = readCheckpoints([{ title, filename: path, hash: null, sha256: null }]);
  if (!row) throw new Error("no checkpoint");
  return row;
}

const STRANGER: Names = {
  selected: checkpoint("SDXL/juggernaut.safetensors"),
  other: checkpoint("anime/plain_sd15.safetensors"),
  lora: { name: "detail", alias: "Detail Tweaker", path: "/forge/models/Lora/detail.safetensors" },
  embedding: "easynegative",
  styles: [
    { name: "Cinematic", prompt: "film still, {prompt}, grain", negative_prompt: "cartoon" },
    { name: "Evening", prompt: "dusk", negative_prompt: "" },
  ],
  module: { name: "ae.safetensors", path: "/forge/models/VAE/ae.safetensors" },
};

describe("the recorded names become those of the Forge that is asked", () => {
  const rename = createRenaming(STRANGER, "run1");

  it.each([
    ["plain_sd15.safetensors", "SDXL/juggernaut.safetensors"],
    ["Model: plain_sd15, Version", "Model: juggernaut, Version"],
    ["Pony/cyberrealisticPony_v8.safetensors", "anime/plain_sd15.safetensors"],
    ["Pony\\cyberrealisticPony_v8.safetensors", "anime\\plain_sd15.safetensors"],
    ["Pony_cyberrealisticPony_v8", "anime_plain_sd15"],
    ["cyberrealisticPony_v8.safetensors", "plain_sd15.safetensors"],
    ["CYBERREALISTICPONY_V8", "PLAIN_SD15"],
    [
      "FORGE_DIR/models/Stable-diffusion/Pony/cyberrealisticPony_v8.safetensors",
      "/forge/models/Stable-diffusion/anime/plain_sd15.safetensors",
    ],
    ["a red cube <lora:lab_lora:0.8>", "a red cube <lora:detail:0.8>"],
    ["a red cube, lab_embed\nTI: lab_embed", "a red cube, easynegative\nTI: easynegative"],
    [
      "oil painting, a red cube, detailed, sunset\nNegative prompt: blurry\nSteps: 1",
      "film still, a red cube, grain, dusk\nNegative prompt: cartoon\nSteps: 1",
    ],
    ["lab style one", "Cinematic"],
    ["task(plain10)", "task(run1 plain10)"],
    ["task(img2img-G0P6EQB)", "task(img2img-G0P6EQB)"],
    ["no_such_model", "no_such_model"],
  ])("%j is renamed to %j", (recorded, fresh) => {
    expect(rename(recorded)).toBe(fresh);
  });

  it("turns Windows' separators the other way", () => {
    const other = checkpoint("Pony\\mix.safetensors", "C:\\forge\\Pony\\mix.safetensors");
    const onWindows = createRenaming({ ...STRANGER, other }, "run1");
    expect(onWindows("Pony\\cyberrealisticPony_v8.safetensors")).toBe("Pony/mix.safetensors");
    expect(onWindows("Pony_cyberrealisticPony_v8")).toBe("Pony_mix");
  });
});

describe("the files for a run", () => {
  it("are found by the name that the options tell, with or without a hash", () => {
    const checkpoints = [checkpoint("a.safetensors"), checkpoint("x/b.safetensors")];
    expect(findByName(checkpoints, "x/b.safetensors [0123456789]")?.base).toBe("b");
    expect(findByName(checkpoints, "b")?.base).toBe("b");
    expect(findByName(checkpoints, null)).toBeUndefined();
  });

  it("begin with checkpoints in folders, and end with those that may need modules", () => {
    const [selected, ...others] = [
      "a.safetensors",
      "Flux/f.gguf",
      "b.safetensors",
      "x/c.safetensors",
    ].map((title) => ({ ...checkpoint(title), ...NAMED }));
    if (!selected) throw new Error("no checkpoint");
    const ranked = rankOthers([selected, ...others], selected);
    expect(ranked.map(({ base }) => base)).toEqual(["c", "b", "f"]);
  });

  it("take two plain styles of a real list, and lay them over a prompt as Forge did", () => {
    const { body } = loadExchange("lists/prompt-styles").response;
    const styles = chooseStyles(body);
    expect(styles?.map(({ name }) => name)).toEqual(["lab style one", "lab style two"]);
    const prompts = styles?.map(({ prompt }) => prompt) ?? [];
    expect(applyStyles("a red cube", prompts)).toBe("oil painting, a red cube, detailed, sunset");
    expect(applyStyles("", ["", "{prompt}dark"])).toBe("dark");
  });
});
