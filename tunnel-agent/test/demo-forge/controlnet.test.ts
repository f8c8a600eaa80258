import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { type StartedForge, startForge } from "./started-forge.ts";

/** A one-coloured PNG in base64. */
async function paint(width: number, height: number, background: string): Promise<string> {
  const create = { width, height, channels: 3, background } as const;
  return (await sharp({ create }).png().toBuffer()).toString("base64");
}

const unitLine = (module: string, model = "None") =>
  `Module: ${module}, Model: ${model}, Weight: 1.0, Resize Mode: ResizeMode.INNER_FIT, ` +
  "Guidance Start: 0.0, Guidance End: 1.0, Pixel Perfect: False, " +
  "Control Mode: ControlMode.BALANCED, Hr Option: HiResFixOption.BOTH";

/** Runs one job with these units beside the plain one, and says what they changed. */
async function compare(forge: StartedForge, units: unknown[], fields: object = {}) {
  const plain = await forge.txt2img(fields);
  const alwayson_scripts = { ControlNet: { args: units } };
  const { images, info, parameters } = await forge.txt2img({ ...fields, alwayson_scripts });
  const isChanged = !(await readPixels(images[0])).equals(await readPixels(plain.images[0]));
  const lines = Object.entries(info.extra_generation_params ?? {})
    .filter(([key]) => key.startsWith("ControlNet"))
    .map(([key, value]) => `${key}: ${value}`);
  return { images, info, parameters, isChanged, lines };
}

function readPixels(image: Buffer | undefined): Promise<Buffer> {
  return sharp(image).removeAlpha().raw().toBuffer();
}

const HIRES = {
  enable_hr: true,
  hr_upscaler: "Latent",
  denoising_strength: 0.5,
  hr_cfg: 7,
  hr_additional_modules: ["Use same choices"],
};

describe("a ControlNet unit", () => {
  it.each([
    { module: "reference_only" },
    { module: "canny", model: "demo_canny [de300001]" },
    { model: "demo_depth [de300002]" },
  ])("that is right (%j) changes the picture and adds its map without a text", async (fields) => {
    const forge = await startForge({ timeScale: 0 });
    const image = await paint(64, 64, "#3080c0");
    const { images, info, isChanged, lines } = await compare(forge, [{ image, ...fields }]);
    expect(isChanged).toBe(true);
    expect(images).toHaveLength(2);
    expect(info.infotexts).toHaveLength(1);
    expect((await sharp(images[1]).metadata()).comments).toBeUndefined();
    expect(lines).toEqual([`ControlNet 0: ${unitLine(fields.module ?? "None", fields.model)}`]);
  });

  it("draws the same however it is spelled: in another order, or with what is so anyway", async () => {
    const forge = await startForge({ timeScale: 0 });
    const image = await paint(64, 64, "#3080c0");
    const short = await compare(forge, [{ image, module: "reference_only", weight: 0.8 }]);
    const long = { weight: 0.8, guidance_start: 0, pixel_perfect: false, threshold_a: -1 };
    const spelled = await compare(forge, [{ ...long, module: "reference_only", image }]);
    expect(await readPixels(spelled.images[0])).toEqual(await readPixels(short.images[0]));
  });

  it.each([
    ["an unknown model", { model: "no_such_model [abc]" }, 2],
    ["a preprocessor that needs a model it has not", { module: "canny" }, 2],
    ["neither preprocessor nor model", {}, 2],
    ["an unknown preprocessor", { module: "no_such" }, 1],
    ["an unknown resize mode", { module: "reference_only", resize_mode: "no such" }, 1],
    ["no picture", { module: "reference_only", image: null }, 1],
  ])(
    "with %s leaves the picture as it is and stands in the infotext",
    async (_name, fields, count) => {
      const forge = await startForge({ timeScale: 0 });
      const image = await paint(64, 64, "#3080c0");
      const { images, info, isChanged, lines } = await compare(forge, [{ image, ...fields }]);
      expect([isChanged, images.length, info.infotexts.length]).toEqual([false, count, 1]);
      expect(lines).toHaveLength(1);
    },
  );

  it.each([
    ["a picture that cannot be read", [{ module: "reference_only", image: "%%%" }]],
    ["an argument that is no unit", [1]],
  ])("beside %s does nothing, and not even the infotext names it", async (_name, bad) => {
    const forge = await startForge({ timeScale: 0 });
    const good = { module: "reference_only", image: await paint(64, 64, "#3080c0") };
    const { images, isChanged, lines } = await compare(forge, [good, ...bad]);
    expect([isChanged, images.length, lines]).toEqual([false, 1, []]);
  });

  it("behind one that fails does nothing, before it works all the same", async () => {
    const forge = await startForge({ timeScale: 0 });
    const good = { module: "reference_only", image: await paint(64, 64, "#3080c0") };
    const bad = { ...good, module: "no_such" };
    const first = await compare(forge, [good, bad]);
    expect([first.isChanged, first.images.length, first.lines.length]).toEqual([true, 2, 2]);
    const last = await compare(forge, [bad, good]);
    expect([last.isChanged, last.images.length, last.lines.length]).toEqual([false, 1, 2]);
  });

  it("is counted among the enabled ones, and only the first three are looked at", async () => {
    const forge = await startForge({ timeScale: 0 });
    const good = { module: "reference_only", image: await paint(64, 64, "#3080c0") };
    const second = await compare(forge, [{ ...good, enabled: false }, good]);
    expect(second.lines).toEqual([`ControlNet 0: ${unitLine("reference_only")}`]);
    const many = await compare(forge, [good, good, good, good]);
    expect([many.images.length, many.lines.length]).toEqual([4, 3]);
  });

  it("keeps its map to itself when asked, and adds its mask", async () => {
    const forge = await startForge({ timeScale: 0 });
    const unit = { module: "reference_only", image: await paint(64, 64, "#3080c0") };
    const silent = await compare(forge, [{ ...unit, save_detected_map: false }]);
    expect([silent.isChanged, silent.images.length]).toEqual([true, 1]);
    const mask_image = await paint(64, 64, "#ffffff");
    expect((await compare(forge, [{ ...unit, mask_image }])).images).toHaveLength(3);
  });

  it("has a map of the picture's size, and one more of the second pass's", async () => {
    const forge = await startForge({ timeScale: 0 });
    const unit = { module: "reference_only", image: await paint(96, 32, "#3080c0") };
    const { images } = await compare(forge, [unit], HIRES);
    const sizes = await Promise.all(
      images.map(async (image) => (await sharp(image).metadata()).width),
    );
    expect(sizes).toEqual([128, 64, 128]);
    const low = await compare(forge, [{ ...unit, hr_option: "Low res only" }], HIRES);
    expect(low.images).toHaveLength(2);
  });

  it("shows each value that it was sent, and echoes its picture in the answer", async () => {
    const forge = await startForge({ timeScale: 0 });
    const image = await paint(64, 64, "#3080c0");
    const unit = {
      enabled: true,
      image,
      module: "canny",
      model: "demo_canny [de300001]",
      weight: 0.75,
      resize_mode: "Just Resize",
      processor_res: 64,
      threshold_a: 100,
      threshold_b: 200,
      guidance_end: 0.5,
      pixel_perfect: true,
      control_mode: "My prompt is more important",
      hr_option: "Low res only",
    };
    const { info, parameters } = await compare(forge, [unit]);
    expect(info.infotexts[0]).toContain(
      'ControlNet 0: "Module: canny, Model: demo_canny [de300001], Weight: 0.75, ' +
        "Resize Mode: Just Resize, Processor Res: 64, Threshold A: 100, Threshold B: 200, " +
        "Guidance Start: 0.0, Guidance End: 0.5, Pixel Perfect: True, " +
        'Control Mode: My prompt is more important, Hr Option: Low res only"',
    );
    expect(parameters.alwayson_scripts).toEqual({ ControlNet: { args: [unit] } });
  });

  it("of img2img without a picture of its own works on the init picture", async () => {
    const forge = await startForge({ timeScale: 0 });
    const init_images = [await paint(64, 64, "#3080c0")];
    const plain = await forge.img2img({ init_images });
    const args = [{ module: "reference_only" }];
    const used = await forge.img2img({ init_images, alwayson_scripts: { controlnet: { args } } });
    expect(used.images).toHaveLength(2);
    expect(await readPixels(used.images[0])).not.toEqual(await readPixels(plain.images[0]));
  });
});
