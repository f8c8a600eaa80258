import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { RED_CUBE, type StartedForge, startForge } from "./started-forge.ts";

const SOON = { timeout: 10_000, interval: 5 };

const HIRES = {
  enable_hr: true,
  hr_scale: 2,
  hr_upscaler: "Latent",
  denoising_strength: 0.5,
  hr_cfg: 7,
  hr_additional_modules: ["Use same choices"],
};

/** The keys of an infotext's last line, from the size to the version. */
function readKeys(infotext = ""): string {
  const line = infotext.split("\n").at(-1) ?? "";
  return /Size: \S+ (.*), Version/.exec(line)?.[1] ?? "";
}

async function sizeOf(image: Buffer | undefined): Promise<string> {
  const { width, height } = await sharp(image).metadata();
  return `${width}x${height}`;
}

/** How much neighbouring pixels differ: blurred pictures have less. */
async function measureEdges(image: Buffer | undefined): Promise<number> {
  const { data, info } = await sharp(image).greyscale().raw().toBuffer({ resolveWithObject: true });
  let sum = 0;
  for (let index = 1; index < data.length; index++) {
    if (index % info.width !== 0) sum += Math.abs((data[index] ?? 0) - (data[index - 1] ?? 0));
  }
  return sum / data.length;
}

/** Waits until a job hangs after the step that its fault names. */
async function untilHanging(forge: StartedForge): Promise<void> {
  await expect.poll(() => forge.faults.read().hangAtStep, SOON).toBeNull();
}

describe("hires fix", () => {
  it("makes a larger, sharper picture, while info keeps the first pass's size", async () => {
    const forge = await startForge({ timeScale: 0 });
    const job = { prompt: "city at night", width: 128, height: 128, steps: 4 };
    const small = await forge.txt2img(job);
    const large = await forge.txt2img({ ...job, ...HIRES });
    expect(await sizeOf(large.images[0])).toBe("256x256");
    expect([large.info.width, large.info.height]).toEqual([128, 128]);
    expect(large.info.infotexts[0]).toMatch(/Size: 128x128/);
    const stretched = await sharp(small.images[0]).resize(256, 256).png().toBuffer();
    expect(await measureEdges(large.images[0])).toBeGreaterThan(await measureEdges(stretched));
    expect(forge.jobs.map(({ stepsDone }) => stepsDone)).toEqual([4, 8]);
  });

  it.each([
    [{}, "64x64", "128x128"],
    [{ hr_scale: 1.3 }, "72x64", "88x80"],
    [{ hr_resize_x: 96, hr_resize_y: 64 }, "64x64", "96x64"],
    [{ hr_resize_x: 100 }, "64x64", "96x96"],
    [{ hr_resize_x: 100, hr_resize_y: 60, hr_upscaler: "Lanczos" }, "64x64", "96x56"],
  ])("with %j on %s gives %s, as a real Forge does", async (fields, from, to) => {
    const forge = await startForge({ timeScale: 0 });
    const [width, height] = from.split("x").map(Number);
    const { images } = await forge.txt2img({ ...HIRES, ...fields, width, height });
    expect(await sizeOf(images[0])).toBe(to);
  });

  it.each([
    [
      {},
      "Denoising strength: 0.5, Hires Module 1: Use same choices, Hires CFG Scale: 7.0, " +
        "Hires upscale: 2.0, Hires upscaler: Latent",
    ],
    [
      { hr_upscaler: null, hr_resize_x: 100 },
      "Denoising strength: 0.5, Hires Module 1: Use same choices, Hires CFG Scale: 7.0, " +
        "Hires resize: 100x0",
    ],
    [
      {
        hr_additional_modules: [],
        hr_scheduler: "Karras",
        hr_sampler_name: "DPM++ 2M",
        hr_prompt: "a blue cube",
        hr_negative_prompt: "bad",
        hr_second_pass_steps: 3,
        hr_scale: 1.5,
      },
      "Denoising strength: 0.5, Hires Module 1: Built-in, Hires sampler: DPM++ 2M, " +
        "Hires prompt: a blue cube, Hires negative prompt: bad, Hires CFG Scale: 7.0, " +
        "Hires schedule type: Karras, Hires upscale: 1.5, Hires steps: 3, Hires upscaler: Latent",
    ],
    [
      { hr_checkpoint_name: "cyberreal", hr_sampler_name: "Euler", hr_upscaler: "None" },
      "Denoising strength: 0.5, Hires checkpoint: cyberrealisticPony_v8, " +
        "Hires Module 1: Use same choices, Hires CFG Scale: 7.0, Hires upscale: 2.0, " +
        "Hires upscaler: None",
    ],
  ])("writes %j into the infotext in Forge's order", async (fields, keys) => {
    const forge = await startForge({ timeScale: 0, noHashing: true });
    const { info } = await forge.txt2img({ ...HIRES, ...fields });
    expect(readKeys(info.infotexts[0])).toBe(`Model: demoPainter_v1, ${keys}`);
  });

  it.each([
    [
      { hr_upscaler: "NoSuchUpscaler" },
      "Exception",
      "could not find upscaler named NoSuchUpscaler",
      0,
    ],
    [{ hr_checkpoint_name: "nope" }, "Exception", "Could not find checkpoint with name nope", 0],
    [
      { hr_additional_modules: null },
      "TypeError",
      "argument of type 'NoneType' is not iterable",
      2,
    ],
    [
      { denoising_strength: null },
      "TypeError",
      "'>' not supported between instances of 'NoneType' and 'int'",
      2,
    ],
    [
      { hr_sampler_name: "Use same sampler" },
      "AssertionError",
      "bad sampler name: Use same sampler",
      2,
    ],
  ])("fails on %j with %s, the first pass wasted or not", async (fields, error, message, steps) => {
    const forge = await startForge({ timeScale: 0 });
    const body = { ...RED_CUBE, ...HIRES, ...fields, steps: 2 };
    const response = await forge.post("/sdapi/v1/txt2img", body);
    expect([response.status, await response.json()]).toEqual([
      500,
      { error, detail: "", body: "", message },
    ]);
    expect(forge.jobs[0]).toMatchObject({ state: "failed", stepsDone: steps });
  });

  it("turns guidance off when hr_cfg is left out, and takes the UI's scheduler text for the same", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { hr_cfg: _left, ...withoutCfg } = HIRES;
    const plain = await forge.txt2img(HIRES);
    expect((await forge.txt2img(withoutCfg)).images).not.toEqual(plain.images);
    const same = await forge.txt2img({ ...HIRES, hr_scheduler: "Use same scheduler" });
    expect(same.images).toEqual(plain.images);
  });

  it("takes a scheduler by label and by name, but the sampler's own only by its label", async () => {
    const forge = await startForge({ timeScale: 0 });
    const draw = async (hr_scheduler: string | null) => {
      const body = { ...HIRES, sampler_name: "DPM++ 2M", hr_scheduler };
      const { images } = await forge.txt2img({ ...body, hr_second_pass_steps: 4 });
      return images;
    };
    const own = await draw("Automatic");
    expect(await draw("karras")).toEqual(own);
    expect(await draw("Karras")).toEqual(own);
    expect(await draw(null)).toEqual(own);
    expect(await draw("automatic")).not.toEqual(own);
  });

  it("differs by strength, upscaler, steps, prompt and checkpoint of the second pass", async () => {
    const forge = await startForge({ timeScale: 0 });
    const variants = [
      {},
      { denoising_strength: 0.6 },
      { hr_upscaler: "Lanczos" },
      { hr_upscaler: "Latent (nearest)" },
      { hr_second_pass_steps: 4 },
      { hr_prompt: "a blue cube" },
      { hr_checkpoint_name: "cyberrealisticPony_v8" },
    ];
    const seen = new Set<string>();
    for (const variant of variants) {
      const { images } = await forge.txt2img({ ...HIRES, ...variant });
      seen.add((await sharp(images[0]).raw().toBuffer()).toString("base64"));
    }
    expect(seen.size).toBe(variants.length);
  });

  it("doubles job_count and counts the second pass as the second half", async () => {
    const forge = await startForge({ faults: { hangAtStep: 2 } });
    const answer = forge.txt2img({ ...HIRES, steps: 5 });
    await untilHanging(forge);
    const first = await forge.progress();
    expect(first.state).toMatchObject({ job: "scripts_txt2img", job_count: 2, job_no: 0 });
    expect(first.progress).toBeCloseTo(0.21);
    // The steps of the first pass are through when the fault waits for step 0 again.
    forge.faults.set({ hangAtStep: 0 });
    await untilHanging(forge);
    const second = await forge.progress();
    expect(second.state).toMatchObject({ job_count: 2, job_no: 1, sampling_steps: 5 });
    expect(second.progress).toBeCloseTo(0.51);
    forge.faults.clear();
    await answer;
  });

  it("interrupted in its first pass gives the small picture with a whole job's texts", async () => {
    const forge = await startForge({ faults: { hangAtStep: 1 } });
    const answer = forge.txt2img({ ...HIRES, steps: 5, n_iter: 2 });
    await untilHanging(forge);
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.clear();
    const { images, info } = await answer;
    expect(images).toHaveLength(1);
    expect(await sizeOf(images[0])).toBe("64x64");
    expect(info.infotexts[0]).toMatch(/Hires upscale: 2\.0/);
    expect(info.all_seeds).toEqual([1, 2]);
    expect(forge.jobs[0]?.stepsDone).toBe(2);
    expect((await forge.progress()).state).toMatchObject({ job_no: 1, interrupted: true });
  });

  it("interrupted in its second pass gives a partial picture of full size", async () => {
    const forge = await startForge();
    const whole = await forge.txt2img({ ...HIRES, steps: 5 });
    forge.faults.set({ hangAtStep: 4 });
    const answer = forge.txt2img({ ...HIRES, steps: 5 });
    await untilHanging(forge);
    forge.faults.set({ hangAtStep: 1 });
    await untilHanging(forge);
    await forge.ask("/sdapi/v1/interrupt", {});
    forge.faults.clear();
    const { images } = await answer;
    expect(await sizeOf(images[0])).toBe("128x128");
    expect(images).not.toEqual(whole.images);
    expect(forge.jobs[1]?.stepsDone).toBe(5 + 2);
  });

  it("with another checkpoint reads two files, and the next job reads the first one again", async () => {
    const forge = await startForge({ timeScale: 0 });
    await forge.txt2img({ ...HIRES, hr_checkpoint_name: "cyberrealisticPony_v8" });
    await forge.txt2img();
    expect(forge.jobs.map(({ loads, hiresModel }) => [loads, hiresModel])).toEqual([
      [["demoPainter_v1", "cyberrealisticPony_v8"], "cyberrealisticPony_v8"],
      [["demoPainter_v1"], null],
    ]);
  });
});

describe("a refiner", () => {
  const refined = { steps: 4, refiner_checkpoint: "cyberrealisticPony_v8" };

  it.each([
    [{ refiner_switch_at: 0.5 }, "Refiner: cyberrealisticPony_v8, Refiner switch at: 0.5"],
    [{}, "Refiner: cyberrealisticPony_v8"],
    [{ refiner_switch_at: 0.9 }, null],
    [{ refiner_switch_at: 1 }, null],
    [{ refiner_checkpoint: "demoPainter_v1", refiner_switch_at: 0.5 }, null],
    [{ refiner_checkpoint: "None", refiner_switch_at: 0.5 }, null],
  ])("with %j writes %s, and costs a load only then", async (fields, keys) => {
    const forge = await startForge({ timeScale: 0, noHashing: true });
    const plain = await forge.txt2img({ steps: 4 });
    const { info, images } = await forge.txt2img({ ...refined, ...fields });
    expect(readKeys(info.infotexts[0])).toBe(
      keys === null ? "Model: demoPainter_v1" : `Model: demoPainter_v1, ${keys}`,
    );
    expect(images[0]?.equals(plain.images[0] ?? Buffer.alloc(0))).toBe(keys === null);
    const { loads, refinerModel } = forge.jobs[1] ?? {};
    const ran = keys === null ? null : "cyberrealisticPony_v8";
    expect([loads, refinerModel]).toEqual([ran === null ? [] : [ran], ran]);
  });

  it("that is not there fails the job", async () => {
    const forge = await startForge();
    const body = { ...RED_CUBE, refiner_checkpoint: "no_such_model", refiner_switch_at: 0.5 };
    const response = await forge.post("/sdapi/v1/txt2img", body);
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { error: "Exception", message: "Could not find checkpoint with name no_such_model" },
    ]);
  });

  it("refines the second pass of hires fix only", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { info } = await forge.txt2img({ ...HIRES, ...refined, refiner_switch_at: 0.5 });
    expect(info.infotexts[0]).toMatch(/Hires upscaler: Latent, Refiner: cyberrealisticPony_v8, /);
    expect(forge.jobs[0]?.loads).toEqual(["demoPainter_v1", "cyberrealisticPony_v8"]);
  });
});
