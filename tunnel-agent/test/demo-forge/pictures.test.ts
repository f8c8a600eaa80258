import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readParameters } from "../../demo-forge/png.ts";
import { startForge } from "./started-forge.ts";

describe("a picture", () => {
  it("is the same, byte for byte, for the same request, on another Forge and after other jobs", async () => {
    const one = await startForge();
    const other = await startForge();
    const job = { prompt: "a lighthouse", seed: 7, steps: 4, width: 128, height: 192 };
    const first = await one.txt2img(job);
    await other.txt2img({ prompt: "something else" });
    const second = await other.txt2img(job);
    expect(second.images[0]?.equals(first.images[0] ?? Buffer.alloc(0))).toBe(true);
  });

  it("differs by prompt, seed, model, size, negative prompt, sampler and steps", async () => {
    const forge = await startForge({ timeScale: 0 });
    const variants = [
      {},
      { prompt: "a blue cube" },
      { seed: 2 },
      { override_settings: { sd_model_checkpoint: "cyberrealisticPony_v8" } },
      { width: 128 },
      { negative_prompt: "ugly" },
      { sampler_name: "Euler a" },
      { steps: 2 },
      { subseed: 5, subseed_strength: 0.3 },
    ];
    const pixels = new Set<string>();
    for (const variant of variants) {
      const [image] = (await forge.txt2img({ width: 192, height: 192, ...variant })).images;
      pixels.add((await sharp(image).raw().toBuffer()).toString("base64"));
    }
    expect(pixels.size).toBe(variants.length);
  });

  it.each([
    [64, 64, 64, 64],
    [65, 71, 64, 64],
    [512, 768, 512, 768],
    [1000, 600, 1000, 600],
    [8, 8, 8, 8],
  ])("asked for at %ix%i is %ix%i, a multiple of 8", async (width, height, wide, high) => {
    const forge = await startForge();
    const { images, info } = await forge.txt2img({ width, height });
    const size = await sharp(images[0]).metadata();
    expect([size.width, size.height, size.channels]).toEqual([wide, high, 3]);
    expect([info.width, info.height]).toEqual([width, height]);
  });

  it("says in its infotext that it is a demo, in a text chunk right behind the header", async () => {
    const forge = await startForge();
    const [image] = (await forge.txt2img()).images;
    expect(image?.subarray(37, 52).toString("latin1")).toBe("tEXtparameters\0");
    expect(await readParameters(image ?? Buffer.alloc(0))).toMatch(/Version: demo-forge/);
  });

  it("holds text beyond Latin-1 in an iTXt chunk", async () => {
    const forge = await startForge();
    const [image] = (await forge.txt2img({ prompt: "赤い立方体" })).images;
    expect(image?.subarray(37, 41).toString("latin1")).toBe("iTXt");
    expect(await readParameters(image ?? Buffer.alloc(0))).toMatch(/^赤い立方体\n/);
  });

  it("carries a mark in its corner, whatever the prompt", async () => {
    const forge = await startForge();
    const [image] = (await forge.txt2img({ prompt: "night", width: 512, height: 512 })).images;
    const corner = sharp(image).extract({ left: 440, top: 470, width: 70, height: 40 });
    const { channels } = await sharp(await corner.toBuffer()).stats();
    expect(Math.min(...channels.map(({ max }) => max))).toBeGreaterThan(180);
  });

  it("comes batch_size times n_iter times, each with the next seed", async () => {
    const forge = await startForge({ timeScale: 0 });
    const { images, info } = await forge.txt2img({ batch_size: 2, n_iter: 2, seed: 10 });
    expect(new Set(images.map((image) => image.toString("base64"))).size).toBe(4);
    expect(info.all_seeds).toEqual([10, 11, 12, 13]);
    expect(info.infotexts.map((text) => /Seed: (\d+)/.exec(text)?.[1])).toEqual(
      info.all_seeds.map(String),
    );
    const alone = await forge.txt2img({ seed: 12, batch_size: 1 });
    expect(await sharp(images[2]).raw().toBuffer()).toEqual(
      await sharp(alone.images[0]).raw().toBuffer(),
    );
  });
});

describe("samples_format", () => {
  it.each([
    ["jpg", "jpeg"],
    ["jpeg", "jpeg"],
    ["webp", "webp"],
  ])("%s gives a %s file with the infotext as UTF-16 user comment", async (format, written) => {
    const forge = await startForge();
    await forge.ask("/sdapi/v1/options", { samples_format: format });
    const { images, info } = await forge.txt2img({ prompt: "赤い a cube", width: 72 });
    const { format: found, width, exif } = await sharp(images[0]).metadata();
    expect([found, width]).toEqual([written, 72]);
    const text = Buffer.from(exif?.subarray(exif.indexOf("UNICODE\0") + 8) ?? []);
    expect(text.swap16().toString("utf16le").replace(/\0$/, "")).toBe(info.infotexts[0]);
  });

  it("that the API cannot write fails after the whole generation", async () => {
    const forge = await startForge();
    await forge.ask("/sdapi/v1/options", { samples_format: "avif" });
    const response = await forge.post("/sdapi/v1/txt2img", { steps: 3, width: 64, height: 64 });
    expect([response.status, await response.json()]).toEqual([
      500,
      { detail: "Invalid image format" },
    ]);
    expect(forge.jobs[0]).toMatchObject({ stepsDone: 3, state: "done" });
  });
});

describe("the log of jobs", () => {
  it("knows task, seed, model, steps and the hashes of the pictures that were answered", async () => {
    const lines: string[] = [];
    const forge = await startForge({ say: (line) => lines.push(line) });
    const { images } = await forge.txt2img({ force_task_id: "task(x)", seed: 3, steps: 2 });
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(images[0] ?? []));
    expect(forge.jobs).toEqual([
      {
        taskId: "task(x)",
        kind: "txt2img",
        overrideSettings: null,
        prompt: "a red cube",
        seed: 3,
        model: "demoPainter_v1",
        modelCost: "load",
        loads: ["demoPainter_v1"],
        modules: [],
        loras: [],
        clipSkip: 1,
        hiresModel: null,
        refinerModel: null,
        alwaysOnScripts: [],
        stepsDone: 2,
        isInterrupted: false,
        state: "done",
        imageSha256s: [Buffer.from(digest).toString("hex")],
        arrivedAt: expect.any(Number),
        beginAt: expect.any(Number),
        interruptedAt: null,
        endAt: expect.any(Number),
        answeredAt: expect.any(Number),
      },
    ]);
    expect(lines[0]).toMatch(/^\[demo\] Demo Forge \(a stand-in, not Stable Diffusion\) at http:/);
    expect(lines[1]).toMatch(/^\[demo\] task\(x\): draws 1 of 64x64, 2 steps/);
  });
});

describe("grain", () => {
  it("makes a picture as large as a PNG can get, and changes nothing of its text", async () => {
    const fields = { width: 576, height: 576 };
    const plain = await (await startForge()).txt2img(fields);
    const grainy = await (await startForge({ hasGrain: true })).txt2img(fields);
    expect(grainy.images[0]?.length).toBeGreaterThan(2.5 * 576 * 576);
    expect(grainy.info.infotexts).toEqual(plain.info.infotexts);
  });
});
