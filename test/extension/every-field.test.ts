import type { Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { choose, pick, tick } from "../forge-truth/page/inputs.ts";
import { until } from "../support/box/until.ts";
import type { Host } from "./support/host.ts";
import { type Lab, startLab } from "./support/lab.ts";
import { queueScreen } from "./support/queue-button.ts";
import { pixelsOf, putOnCanvas, setFields, strokeLayer, twoColours } from "./support/screen.ts";

let lab: Lab;
let host: Host;
let page: Page;

beforeAll(async () => {
  lab = await startLab();
  const config = { hires_fix_show_sampler: true, hires_fix_show_prompts: true };
  ({ host, page } = await lab.openHost({ config }));
});
afterAll(() => lab.stop());

/** What Generate ran when it was pressed on the screen as it stands. */
async function generate(tab: "txt2img" | "img2img") {
  const before = (await host.seen()).ran.length;
  await page.locator(`#${tab}_generate`).click();
  return until("Generate has run", async () => {
    const { ran } = await host.seen();
    return ran.length > before ? (ran.at(-1) ?? null) : null;
  });
}

describe("on txt2img", () => {
  const PROMPT = "a red cube, (on a table:1.2)";
  /** Every field of the tab, changed from what it is on a fresh page, under the API's names. */
  const CORE = {
    prompt: PROMPT,
    negative_prompt: "blurry, low quality",
    n_iter: 2,
    batch_size: 3,
    cfg_scale: 6.5,
    distilled_cfg_scale: 4.1,
    height: 192,
    width: 256,
    enable_hr: true,
    denoising_strength: 0.55,
    hr_scale: 1.5,
    hr_upscaler: "Latent (nearest)",
    hr_second_pass_steps: 7,
    hr_cfg: 5.5,
    hr_distilled_cfg: 4.5,
    hr_prompt: "a red cube in detail",
    hr_negative_prompt: "text",
    hr_sampler_name: "Euler",
    hr_scheduler: "Karras",
  };

  beforeAll(async () => {
    await choose(page, page.locator("#txt2img_styles"), "Demo sunset");
    await tick(page.locator("#txt2img_hr-visible-checkbox").locator(".."));
    await setFields(page, {
      txt2img_prompt: PROMPT,
      txt2img_neg_prompt: CORE.negative_prompt,
      txt2img_batch_count: 2,
      txt2img_batch_size: 3,
      txt2img_cfg_scale: 6.5,
      txt2img_distilled_cfg_scale: 4.1,
      txt2img_width: 256,
      txt2img_height: 192,
      txt2img_denoising_strength: 0.55,
      txt2img_hr_scale: 1.5,
      txt2img_hires_steps: 7,
      txt2img_hr_cfg: 5.5,
      txt2img_hr_distilled_cfg: 4.5,
      hires_prompt: CORE.hr_prompt,
      hires_neg_prompt: CORE.hr_negative_prompt,
      txt2img_steps: 9,
      txt2img_seed: 1234,
    });
    for (const [elemId, words] of [
      ["txt2img_hr_upscaler", "Latent (nearest)"],
      ["hr_sampler", "Euler"],
      ["hr_scheduler", "Karras"],
      ["hr_checkpoint", "demoPainter_v1"],
      ["hr_vae_te", "demo_vae.safetensors"],
      ["txt2img_sampling", "Euler a"],
      ["txt2img_scheduler", "Exponential"],
    ] as const) {
      await choose(page, page.locator(`#${elemId}`), words);
    }
    await page
      .locator("#hr_vae_te .token", { hasText: "Use same choices" })
      .locator(".token-remove")
      .click();
    await tick(page.locator("#txt2img_enable-visible-checkbox").locator(".."));
    await choose(page, page.locator("#txt2img_checkpoint"), "demoPainter_v1");
    await setFields(page, { txt2img_switch_at: 0.6 });
    await tick(page.locator("#txt2img_subseed_show"));
    await setFields(page, {
      txt2img_subseed: 77,
      txt2img_subseed_strength: 0.25,
      txt2img_seed_resize_from_w: 128,
      txt2img_seed_resize_from_h: 320,
    });
    await choose(
      page,
      page.locator("#quicksettings .gradio-dropdown", { hasText: "VAE / Text Encoder" }),
      "clip_l.safetensors",
    );
    const clipSkip = page.locator("#quicksettings .gradio-slider", { hasText: "Clip skip" });
    await clipSkip.locator("input[type=number]").fill("2");
    await until("the clip skip is set", () => host.readConfig().CLIP_stop_at_last_layers === 2);
    await tick(page.locator("#extensions-freeu-visible-checkbox").locator(".."));
  });

  it("a queued job asks Forge for every field as it stood on screen", async () => {
    expect(await queueScreen(page, "txt2img")).toContain("Queued");
    const asked = await lab.asked(PROMPT);
    expect(asked).toMatchObject({
      ...CORE,
      styles: ["Demo sunset"],
      steps: 9,
      sampler_name: "Euler a",
      scheduler: "Exponential",
      seed: 1234,
      subseed: 77,
      subseed_strength: 0.25,
      seed_resize_from_w: 128,
      seed_resize_from_h: 320,
      hr_checkpoint_name: expect.stringContaining("demoPainter_v1"),
      hr_additional_modules: ["demo_vae.safetensors"],
      refiner_checkpoint: expect.stringContaining("demoPainter_v1"),
      refiner_switch_at: 0.6,
      override_settings: {
        sd_model_checkpoint: "Pony/cyberrealisticPony_v8.safetensors",
        forge_additional_modules: ["clip_l.safetensors"],
        CLIP_stop_at_last_layers: 2,
      },
      alwayson_scripts: {
        "freeu integrated (sd 1.x, sd 2.x, sdxl)": { args: [true, 1.01, 1.02, 0.99, 0.95, 0, 1] },
      },
    });
  });

  it("Generate runs the same screen with the same values", async () => {
    const { values, alwayson } = await generate("txt2img");
    expect(values).toMatchObject({
      ...CORE,
      prompt_styles: ["Demo sunset"],
      hr_checkpoint_name: "demoPainter_v1",
      hr_additional_modules: ["demo_vae.safetensors"],
    });
    expect(alwayson).toMatchObject({
      Sampler: [9, "Euler a", "Exponential"],
      Seed: [1234, true, 77, 0.25, 128, 320],
      Refiner: [true, "demoPainter_v1", 0.6],
    });
  });
});

describe("a ControlNet unit", () => {
  it("is queued with its picture and every choice of its own", async () => {
    const picture = await twoColours(96, 64, "#c04020");
    await page.locator("#controlnet button.label-wrap").first().click();
    await tick(page.locator("#input-accordion-1-visible-checkbox").locator(".."));
    const unit = "#txt2img_controlnet_ControlNet-1_controlnet";
    await tick(page.locator(`${unit}_enable_checkbox`));
    await tick(page.locator(`${unit}_pixel_perfect_checkbox`));
    await choose(page, page.locator(`${unit}_preprocessor_dropdown`), "canny");
    await choose(page, page.locator(`${unit}_model_dropdown`), "demo_canny [de300001]");
    await pick(page.locator(`${unit}_control_mode_radio`), "ControlNet is more important");
    await pick(page.locator(`${unit}_resize_mode_radio`), "Resize and Fill");
    await setFields(page, {
      "txt2img_controlnet_ControlNet-1_controlnet_control_weight_slider": 0.85,
      txt2img_prompt: "two colours under control",
    });
    await putOnCanvas(page, "#input-accordion-1", "background", picture);
    expect(await queueScreen(page, "txt2img")).toContain("Queued");
    const { alwayson_scripts: scripts } = await lab.asked("two colours under control");
    const { args } =
      (scripts as Record<string, { args: Record<string, unknown>[] }>).controlnet ?? {};
    expect(args?.[0]).toMatchObject({ enabled: false });
    expect(args?.[1]).toMatchObject({
      enabled: true,
      module: "canny",
      model: "demo_canny [de300001]",
      weight: 0.85,
      pixel_perfect: true,
      control_mode: "ControlNet is more important",
      resize_mode: "Resize and Fill",
      guidance_start: 0,
      guidance_end: 1,
      hr_option: "Both",
    });
    expect(await pixelsOf(String(args?.[1]?.image))).toEqual(await pixelsOf(picture));
    const ran = await generate("txt2img");
    expect(ran.alwayson.ControlNet?.[1]).toMatchObject({
      enabled: true,
      module: "canny",
      weight: 0.85,
    });
  });
});

describe("on img2img", () => {
  beforeAll(async () => {
    await page.locator("#tab_img2img-button").click();
    await setFields(page, {
      img2img_steps: 6,
      img2img_seed: 55,
      img2img_width: 128,
      img2img_height: 192,
    });
  });

  it("a job without a picture is refused with a sentence, and nothing is queued", async () => {
    await setFields(page, { img2img_prompt: "nothing to begin with" });
    const said = await queueScreen(page, "img2img");
    expect(said).toMatch(/picture/i);
    const { jobs } = await lab.queue.owner.call("listJobs", { query: {} });
    expect(JSON.stringify(jobs)).not.toContain("nothing to begin with");
  });

  it("a picture and its settings are queued as they stand on screen", async () => {
    const picture = await twoColours(144, 80, "#109030");
    await putOnCanvas(page, "#img2img_img2img_tab", "background", picture);
    await pick(page.locator("#resize_mode"), "Resize and fill");
    await setFields(page, {
      img2img_prompt: "a green half",
      img2img_denoising_strength: 0.4,
      img2img_cfg_scale: 5,
      img2img_batch_count: 2,
    });
    expect(await queueScreen(page, "img2img")).toContain("Queued");
    const asked = await lab.asked("a green half");
    expect(asked).toMatchObject({
      denoising_strength: 0.4,
      cfg_scale: 5,
      n_iter: 2,
      resize_mode: 2,
      width: 128,
      height: 192,
      steps: 6,
      seed: 55,
    });
    const [sent] = asked.init_images as string[];
    expect(await pixelsOf(sent ?? "")).toEqual(await pixelsOf(picture));
  });

  it("a painted mask is queued with its picture and the settings of inpainting", async () => {
    const [picture, stroke] = [await twoColours(120, 90, "#a0a020"), await strokeLayer(120, 90)];
    await page.locator("#img2img_inpaint_tab-button").click();
    await putOnCanvas(page, "#img2img_inpaint_tab", "background", picture);
    await putOnCanvas(page, "#img2img_inpaint_tab", "foreground", stroke);
    await until(
      "the inpaint tab is chosen",
      async () =>
        (await page.locator("#img2img_inpaint_tab-button").getAttribute("aria-selected")) ===
        "true",
    );
    await pick(page.locator("#img2img_inpainting_fill"), "latent noise");
    await pick(page.locator("#img2img_mask_mode"), "Inpaint not masked");
    await pick(page.locator("#img2img_inpaint_full_res"), "Only masked");
    await setFields(page, {
      img2img_prompt: "a new left third",
      img2img_mask_blur: 7,
      img2img_inpaint_full_res_padding: 48,
    });
    expect(await queueScreen(page, "img2img")).toContain("Queued");
    const asked = await lab.asked("a new left third");
    expect(asked).toMatchObject({
      mask_blur: 7,
      inpainting_fill: 2,
      inpainting_mask_invert: 1,
      inpaint_full_res: true,
      inpaint_full_res_padding: 48,
    });
    const [sent] = asked.init_images as string[];
    expect(await pixelsOf(sent ?? "")).toEqual(await pixelsOf(picture));
    const mask = await pixelsOf(String(asked.mask));
    const painted = await pixelsOf(stroke);
    const whiteWhereDrawn = Array.from({ length: 120 * 90 }, (_, at) =>
      painted[at * 4 + 3] ? 255 : 0,
    );
    expect(Array.from({ length: 120 * 90 }, (_, at) => mask[at * 4])).toEqual(whiteWhereDrawn);
  });

  it("what is drawn in a sketch is part of the picture that is queued", async () => {
    const [picture, stroke] = [await twoColours(72, 56, "#e0e0a0"), await strokeLayer(72, 56)];
    await page.locator("#img2img_img2img_sketch_tab-button").click();
    await putOnCanvas(page, "#img2img_img2img_sketch_tab", "background", picture);
    await putOnCanvas(page, "#img2img_img2img_sketch_tab", "foreground", stroke);
    await setFields(page, { img2img_prompt: "a black third over two colours" });
    expect(await queueScreen(page, "img2img")).toContain("Queued");
    const asked = await lab.asked("a black third over two colours");
    const drawn = await sharp(picture)
      .composite([{ input: stroke }])
      .png()
      .toBuffer();
    const [sent] = asked.init_images as string[];
    expect(await pixelsOf(sent ?? "")).toEqual(await pixelsOf(drawn));
    expect(asked.mask ?? null).toBeNull();
  });

  it("an uploaded picture and its uploaded mask are queued, resized by the scale on screen", async () => {
    const picture = await twoColours(80, 48, "#5030c0");
    const white = { create: { width: 40, height: 48, channels: 3, background: "#fff" } } as const;
    const mask = await sharp(white).extend({ right: 40, background: "#000" }).png().toBuffer();
    await page.locator("#img2img_inpaint_upload_tab-button").click();
    for (const [elemId, buffer] of [
      ["img_inpaint_base", picture],
      ["img_inpaint_mask", mask],
    ] as const) {
      const file = { name: `${elemId}.png`, mimeType: "image/png", buffer };
      await page.locator(`#${elemId} input[type=file]`).setInputFiles(file);
      await page.locator(`#${elemId} img`).waitFor();
    }
    await page.locator("#img2img_tab_resize_by-button").click();
    await setFields(page, { img2img_prompt: "an uploaded half", img2img_scale: 1.5 });
    expect(await queueScreen(page, "img2img")).toContain("Queued");
    const asked = await lab.asked("an uploaded half");
    expect(asked).toMatchObject({ width: 120, height: 72 });
    const [sent] = asked.init_images as string[];
    expect(await pixelsOf(sent ?? "")).toEqual(await pixelsOf(picture));
    expect(await pixelsOf(String(asked.mask))).toEqual(await pixelsOf(mask));
  });

  it("a batch of folders is refused with a sentence that names it", async () => {
    await page.locator("#img2img_batch_tab-button").click();
    await setFields(page, { img2img_prompt: "a whole folder" });
    expect(await queueScreen(page, "img2img")).toMatch(/batch/i);
  });
});

it("no click made Forge load a model", async () => {
  expect((await host.seen()).loads).toEqual([]);
});
