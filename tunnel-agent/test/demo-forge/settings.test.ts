import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { startForge } from "./started-forge.ts";

/** The line of an infotext from the steps to the version, without what every job has. */
function readLine(infotext = ""): string {
  const line = /Steps: .*/.exec(infotext)?.[0] ?? "";
  return line.replace(/Sampler: [^,]+, |CFG scale: 7\.0, |Model: \w+, |Version: [\w.-]+/g, "");
}

describe("a setting", () => {
  it.each([
    [
      { subseed: 5, subseed_strength: 0.3 },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, Variation seed: 5, " +
        "Variation seed strength: 0.3, ",
    ],
    [
      { seed_resize_from_w: 48, seed_resize_from_h: 32 },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, Seed resize from: 48x32, ",
    ],
    [
      { restore_faces: true },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Face restoration: CodeFormer, Size: 64x64, ",
    ],
    [{ tiling: true }, "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, Tiling: True, "],
    [
      { sampler_name: "Euler a", override_settings: { eta_noise_seed_delta: 31337 } },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, ENSD: 31337, ",
    ],
    [
      { sampler_name: "Euler a", eta: 0, override_settings: { eta_noise_seed_delta: 31337 } },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, Eta: 0.0, ",
    ],
    [
      { sampler_name: "DDIM", eta: 0.5 },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, Eta DDIM: 0.5, ",
    ],
    [
      { override_settings: { eta_noise_seed_delta: 31337 } },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, ",
    ],
    [
      {
        prompt: "a (red) cube",
        steps: 2,
        override_settings: {
          token_merging_ratio: 0.5,
          randn_source: "CPU",
          emphasis: "No norm",
          sd_noise_schedule: "Zero Terminal SNR",
          s_min_uncond: 0.5,
          skip_early_cond: 0.2,
        },
      },
      "Steps: 2, Schedule type: Automatic, Seed: 1, Size: 64x64, Token merging ratio: 0.5, " +
        "RNG: CPU, Emphasis: No norm, Noise Schedule: Zero Terminal SNR, Skip Early CFG: 0.2, " +
        "NGMS: 0.5, ",
    ],
    [
      {
        scheduler: "Karras",
        override_settings: {
          sigma_min: 0.1,
          sigma_max: 10,
          rho: 5,
          always_discard_next_to_last_sigma: true,
          sgm_noise_multiplier: true,
        },
      },
      "Steps: 1, Schedule type: Karras, Seed: 1, Size: 64x64, Discard penultimate sigma: True, " +
        "Schedule min sigma: 0.1, Schedule max sigma: 10, Schedule rho: 5, " +
        "SGM noise multiplier: True, ",
    ],
    [
      { scheduler: "Beta" },
      "Steps: 1, Schedule type: Beta, Seed: 1, Size: 64x64, Beta schedule alpha: 0.6, " +
        "Beta schedule beta: 0.6, ",
    ],
    [
      { override_settings: { forge_unet_storage_dtype: "Automatic (fp16 LoRA)" } },
      "Steps: 1, Schedule type: Automatic, Seed: 1, Size: 64x64, , " +
        "Diffusion in Low Bits: Automatic (fp16 LoRA)",
    ],
  ])("%j reads in the infotext as a real Forge writes it", async (fields, line) => {
    const forge = await startForge({ timeScale: 0, noHashing: true });
    const { info } = await forge.txt2img(fields);
    expect(readLine(info.infotexts[0])).toBe(line);
  });

  it("of the seed stands in info: the resize as sent, the variation with one seed for all", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { info } = await forge.txt2img({
      seed_resize_from_w: 48,
      seed_resize_from_h: 32,
      subseed: 5,
      subseed_strength: 0.3,
      batch_size: 2,
      restore_faces: true,
    });
    expect(info).toMatchObject({
      seed_resize_from_w: 48,
      seed_resize_from_h: 32,
      all_seeds: [1, 1],
      all_subseeds: [5, 6],
      restore_faces: true,
      face_restoration_model: "CodeFormer",
    });
  });

  it("of img2img adds its noise multiplier", async () => {
    const forge = await startForge({ timeScale: 0, noHashing: true });
    const create = { width: 64, height: 64, channels: 3, background: "#0f0" } as const;
    const init = (await sharp({ create }).png().toBuffer()).toString("base64");
    const { info } = await forge.img2img({ init_images: [init], initial_noise_multiplier: 1.1 });
    expect(info.extra_generation_params).toEqual({
      "Denoising strength": 0.75,
      "Noise multiplier": 1.1,
    });
  });

  it("that a real Forge ignores changes no picture: tiling, faces, the negative prompt at CFG 1", async () => {
    const forge = await startForge({ timeScale: 0 });
    const plain = await forge.txt2img({ cfg_scale: 1 });
    const pixels = async (fields: object) => {
      const { images } = await forge.txt2img({ cfg_scale: 1, ...fields });
      return (await sharp(images[0]).raw().toBuffer()).toString("base64");
    };
    const expected = (await sharp(plain.images[0]).raw().toBuffer()).toString("base64");
    for (const fields of [
      { tiling: true },
      { restore_faces: true },
      { negative_prompt: "ugly" },
      { scheduler: "SGM Uniform" },
      { prompt: " a  red cube\n" },
    ]) {
      expect([fields, (await pixels(fields)) === expected]).toEqual([fields, true]);
    }
  });

  it("too far beyond sense makes a picture of one colour, and info holds a bare NaN", async () => {
    const forge = await startForge({ timeScale: 0 });
    const body = '{"prompt":"x","steps":1,"width":64,"height":64,"cfg_scale":NaN}';
    const answer = (await forge.ask("/sdapi/v1/txt2img", body)) as {
      images: string[];
      info: string;
      parameters: { cfg_scale: unknown };
    };
    const { channels } = await sharp(Buffer.from(answer.images[0] ?? "", "base64")).stats();
    expect(channels.every(({ stdev }) => stdev === 0)).toBe(true);
    expect(answer.info).toContain('"cfg_scale": NaN,');
    expect(answer.parameters.cfg_scale).toBeNull();
    const huge = await forge.txt2img({ cfg_scale: 1e30 });
    expect(huge.info.infotexts[0]).toMatch(/CFG scale: 1e\+30/);
  });
});
