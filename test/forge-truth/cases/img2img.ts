import type { Screen } from "../page/screen.ts";
import type { Case, Lab } from "./case.ts";

const IMAGE = "#img2img_image";

const RESIZE_MODES = [
  "Just resize",
  "Crop and resize",
  "Resize and fill",
  "Just resize (latent upscale)",
];

/** The picture is wider than what is asked for, so that each mode does something else to it. */
const RESIZE: readonly Case[] = RESIZE_MODES.map((words, mode) => ({
  name: `img2img, ${words.toLowerCase()}`,
  tab: "img2img",
  needs: [],
  async set(screen, { pictures }) {
    await screen.put(IMAGE, "init.png", pictures.init);
    await screen.pick("#resize_mode", words);
    await screen.set({ denoising_strength: 0.6 });
  },
  shows: () => ({
    kind: "StableDiffusionProcessingImg2Img",
    fields: {
      resize_mode: mode,
      denoising_strength: 0.6,
      width: 64,
      height: 64,
      init_images: [{ size: [96, 64] }],
    },
  }),
}));

const RESIZE_BY: Case = {
  name: "img2img, resize by",
  tab: "img2img",
  needs: [],
  async set(screen, { pictures }) {
    await screen.put(IMAGE, "init.png", pictures.init);
    await screen.press("#img2img_tab_resize_by-button");
    await screen.set({ scale: 1.3, denoising_strength: 0.55 });
  },
  // 96 and 64 times 1.3 are 124.8 and 83.2: Forge cuts them to multiples of 8.
  shows: () => ({ fields: { width: 120, height: 80, denoising_strength: 0.55 } }),
};

async function paintMask(screen: Screen, { pictures }: Lab): Promise<void> {
  await screen.mode("inpaint");
  await screen.put("#img2maskimg", "init.png", pictures.init);
  await screen.paint("#img2maskimg", [0.3, 0.4], [0.6, 0.6]);
  await screen.set({ denoising_strength: 0.8 });
}

const MASKED = { image_mask: { size: [96, 64] }, denoising_strength: 0.8 };

const INPAINT: readonly Case[] = [
  {
    name: "inpaint, a painted mask, the whole picture",
    tab: "img2img",
    needs: [],
    async set(screen, lab) {
      await paintMask(screen, lab);
      await screen.set({ mask_blur: 2 });
      await screen.pick("#img2img_inpainting_fill", "fill");
    },
    shows: () => ({
      fields: { ...MASKED, mask_blur_x: 2, inpainting_fill: 0, inpaint_full_res: 0 },
    }),
  },
  {
    name: "inpaint, a painted mask, only masked",
    tab: "img2img",
    needs: [],
    async set(screen, lab) {
      await paintMask(screen, lab);
      await screen.pick("#img2img_inpaint_full_res", "Only masked");
      await screen.set({ inpaint_full_res_padding: 16 });
    },
    shows: () => ({
      fields: { ...MASKED, inpaint_full_res: 1, inpaint_full_res_padding: 16 },
    }),
  },
  {
    name: "inpaint, a painted mask, inverted",
    tab: "img2img",
    needs: [],
    async set(screen, lab) {
      await paintMask(screen, lab);
      await screen.pick("#img2img_mask_mode", "Inpaint not masked");
    },
    shows: () => ({ fields: { ...MASKED, inpainting_mask_invert: 1 } }),
  },
  {
    name: "inpaint, an uploaded mask",
    tab: "img2img",
    needs: [],
    async set(screen, { pictures }) {
      await screen.mode("inpaint_upload");
      await screen.put("#img_inpaint_base", "init.png", pictures.init);
      await screen.put("#img_inpaint_mask", "mask.png", pictures.mask);
      await screen.pick("#img2img_inpainting_fill", "latent noise");
    },
    shows: () => ({ fields: { image_mask: { size: [96, 64] }, inpainting_fill: 2 } }),
  },
];

const SKETCHES: readonly Case[] = [
  {
    name: "img2img, sketch",
    tab: "img2img",
    needs: [],
    async set(screen, { pictures }) {
      await screen.mode("img2img_sketch");
      await screen.put("#img2img_sketch", "init.png", pictures.init);
      await screen.paint("#img2img_sketch", [0.3, 0.3], [0.7, 0.7]);
    },
    shows: () => ({ fields: { init_images: [{ size: [96, 64] }], image_mask: null } }),
  },
  {
    name: "inpaint sketch",
    tab: "img2img",
    needs: [],
    async set(screen, { pictures }) {
      await screen.mode("inpaint_sketch");
      await screen.put("#inpaint_sketch", "init.png", pictures.init);
      await screen.paint("#inpaint_sketch", [0.3, 0.3], [0.6, 0.6]);
    },
    shows: () => ({ fields: { image_mask: { size: [96, 64] } } }),
  },
];

export const IMG2IMG: readonly Case[] = [...RESIZE, RESIZE_BY, ...INPAINT, ...SKETCHES];
