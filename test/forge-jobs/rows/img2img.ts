import type { Row, Words } from "./row.ts";

const RESIZE_MODES = ["just resize", "crop and resize", "resize and fill", "latent upscale"];

const resized = (words: string, resize_mode: number): Row => ({
  name: `img2img, resize mode ${resize_mode} (${words})`,
  needs: [],
  isFromPicture: true,
  queued: ({ upload }) => ({
    img2img: { init_image: upload("init"), denoising_strength: 0.6, resize_mode },
    steps: 3,
  }),
  direct: ({ base64 }) => ({
    init_images: [base64("init")],
    denoising_strength: 0.6,
    resize_mode,
    steps: 3,
  }),
});

/** The fields that both tongues call the same. */
interface Mask {
  readonly mask_blur: number;
  readonly inpainting_fill: number;
  readonly inpaint_full_res: boolean;
  readonly inpaint_full_res_padding: number;
  readonly inpainting_mask_invert: number;
}

const inpaint = (name: string, mask: Mask, size: { width: number; height: number }): Row => ({
  name: `inpaint, ${name}`,
  needs: [],
  isFromPicture: true,
  queued: ({ upload }: Words) => ({
    ...size,
    steps: 3,
    img2img: {
      init_image: upload("init"),
      mask: upload("mask"),
      denoising_strength: 0.8,
      ...mask,
    },
  }),
  direct: ({ base64 }: Words) => ({
    ...size,
    steps: 3,
    init_images: [base64("init")],
    mask: base64("mask"),
    denoising_strength: 0.8,
    resize_mode: 0,
    ...mask,
  }),
});

const WHOLE = {
  mask_blur: 4,
  inpainting_fill: 1,
  inpaint_full_res: false,
  inpaint_full_res_padding: 32,
  inpainting_mask_invert: 0,
};

/** Jobs with an input picture. */
export const IMG2IMG: readonly Row[] = [
  ...RESIZE_MODES.map(resized),
  inpaint("the whole picture", WHOLE, { width: 96, height: 64 }),
  inpaint(
    "only masked",
    {
      ...WHOLE,
      mask_blur: 2,
      inpainting_fill: 0,
      inpaint_full_res: true,
      inpaint_full_res_padding: 8,
    },
    { width: 64, height: 64 },
  ),
  inpaint(
    "not masked",
    { ...WHOLE, mask_blur: 0, inpainting_fill: 2, inpainting_mask_invert: 1 },
    { width: 96, height: 64 },
  ),
];
