import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { startForge } from "./started-forge.ts";

/**
 * Runs one job on a Forge whose first model is loaded or not, and interrupts it in the middle of
 * its n-th wait: each wait of the demo stands for something that a real Forge is busy with.
 */
async function interruptAt(wait: number, fields: object, isLoaded: boolean) {
  let count = Number.NaN;
  const forge = await startForge({
    timeScale: 1,
    sleep: async () => {
      count += 1;
      if (count === wait) await forge.ask("/sdapi/v1/interrupt", {});
    },
  });
  if (isLoaded) await forge.txt2img({ prompt: "another one" });
  count = 0;
  const job = isLoaded ? {} : { override_settings: { sd_model_checkpoint: "demoSceneryXL_v3" } };
  const { images, info } = await forge.txt2img({ ...fields, ...job });
  const { state } = await forge.progress();
  return {
    steps: forge.jobs.at(-1)?.stepsDone,
    count: images.length,
    texts: info.infotexts.length,
    seeds: info.all_seeds.length,
    flag: state.interrupted,
    width: images[0] && (await sharp(images[0]).metadata()).width,
    image: images[0],
  };
}

/** The mean difference (0 to 255) of two pictures of one size. */
async function measureDifference(one?: Buffer, other?: Buffer): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((image) => sharp(image).raw().toBuffer()));
  if (!a || !b) throw new Error("There is no picture");
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

describe("an interrupt", () => {
  const plain = { steps: 3, width: 128, height: 128 };

  it.each([
    ["while the model loads", 1, false, { steps: 0, count: 0, texts: 1 }],
    ["while the prompt is encoded", 1, true, { steps: 0, count: 1, texts: 1 }],
    ["in the first step", 2, true, { steps: 1, count: 1, texts: 1 }],
    ["in the last step", 4, true, { steps: 3, count: 1, texts: 1 }],
    ["while the picture is decoded", 5, true, { steps: 3, count: 1, texts: 1 }],
  ])("%s leaves what a real Forge leaves", async (_when, wait, isLoaded, expected) => {
    const seen = await interruptAt(wait, plain, isLoaded);
    expect(seen).toMatchObject({ ...expected, seeds: 1, flag: true });
  });

  it("while the prompt is encoded leaves pure noise, later ones ever less of it", async () => {
    const whole = await (await startForge({ timeScale: 0 })).txt2img(plain);
    const away: number[] = [];
    for (const wait of [1, 2, 3, 4]) {
      const { image } = await interruptAt(wait, plain, true);
      away.push(await measureDifference(image, whole.images[0]));
    }
    expect([...away].sort((a, b) => b - a)).toEqual(away);
    expect(away[0]).toBeGreaterThan(40);
    expect(away[3]).toBe(0);
  });

  it.each([
    ["in the first batch", 2, { steps: 1, count: 1, texts: 1 }],
    ["in the second batch", 6, { steps: 3 + 1, count: 2, texts: 2 }],
  ])(
    "of two batches %s says nothing of the missing in the seeds",
    async (_when, wait, expected) => {
      const seen = await interruptAt(wait, { ...plain, n_iter: 2 }, true);
      expect(seen).toMatchObject({ ...expected, seeds: 2, flag: true });
    },
  );

  it.each([
    ["in the first pass", 3, { steps: 2, width: 128 }],
    ["while the picture is scaled", 5, { steps: 3, width: 256 }],
    ["in the second pass", 6, { steps: 4, width: 256 }],
  ])("of hires fix %s leaves the size that was reached", async (_when, wait, expected) => {
    const hires = {
      ...plain,
      enable_hr: true,
      hr_upscaler: "Lanczos",
      denoising_strength: 0.5,
      hr_additional_modules: ["Use same choices"],
    };
    const seen = await interruptAt(wait, hires, true);
    expect(seen).toMatchObject({ ...expected, count: 1, texts: 1, flag: true });
  });
});
