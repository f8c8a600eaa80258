import type { Screen, Tab } from "../page/screen.ts";
import type { Case } from "./case.ts";

const FREE_U = "FreeU Integrated (SD 1.x, SD 2.x, SDXL)";
const THRESHOLDING = "DynamicThresholding (CFG-Fix) Integrated";

const PATCHES: Case = {
  name: "txt2img, FreeU and Dynamic Thresholding",
  tab: "txt2img",
  needs: [],
  async set({ page, switchOn, unfold, setIn }) {
    await switchOn("#extensions-freeu");
    const freeU = page.locator("#extensions-freeu");
    await setIn(freeU, { B1: 1.3, B2: 1.4, S1: 0.9, S2: 0.2 });
    const thresholding = await unfold(THRESHOLDING);
    await setIn(thresholding, { Enabled: true, "Mimic Scale": 6, "Threshold Percentile": 0.9 });
    await setIn(thresholding, { "Mimic Mode": "Half Cosine Down" });
  },
  shows: () => ({
    scripts: {
      [FREE_U]: [true, 1.3, 1.4, 0.9, 0.2, 0, 1],
      [THRESHOLDING]: [
        true,
        6,
        0.9,
        "Half Cosine Down",
        0,
        "Constant",
        0,
        1,
        "enable",
        "MEAN",
        "AD",
        1,
      ],
    },
  }),
};

/** The beginning of every id of one ControlNet unit. */
const unitId = (tab: Tab, unit: number) => `#${tab}_controlnet_ControlNet-${unit}`;

/** Switches a ControlNet unit on that needs no model's file. */
export async function setUnit(
  screen: Screen,
  { unit, picture }: { unit: number; picture: Buffer },
): Promise<string> {
  const id = unitId(screen.tab, unit);
  await screen.unfold("ControlNet Integrated");
  await screen.unfold(`ControlNet Unit ${unit}`);
  await screen.put(`${id}_input_image`, `unit-${unit}.png`, picture);
  await screen.tick(`${id}_controlnet_enable_checkbox`);
  await screen.choose(`${id}_controlnet_preprocessor_dropdown`, "reference_only");
  return id;
}

/** What a unit that `setUnit` switched on hands over. */
export const UNIT = { enabled: true, module: "reference_only", model: "None" };
export const OFF = { enabled: false };

const REFERENCE: Case = {
  name: "txt2img, ControlNet reference_only with a picture",
  tab: "txt2img",
  needs: [],
  async set(screen, { pictures }) {
    const id = await setUnit(screen, { unit: 0, picture: pictures.reference });
    await screen.setAt(`${id}_controlnet_control_weight_slider`, 0.8);
    await screen.setAt(`${id}_controlnet_threshold_A_slider`, 0.7);
    await screen.pick(`${id}_controlnet_resize_mode_radio`, "Just Resize");
  },
  shows: () => ({
    scripts: {
      ControlNet: [
        { ...UNIT, weight: 0.8, threshold_a: 0.7, resize_mode: "Just Resize" },
        OFF,
        OFF,
      ],
    },
  }),
};

const PAINTED_UNIT: Case = {
  name: "txt2img, ControlNet reference_only with a painted mask",
  tab: "txt2img",
  needs: [],
  async set(screen, { pictures }) {
    const id = await setUnit(screen, { unit: 1, picture: pictures.reference });
    await screen.paint(`${id}_input_image`, [0.2, 0.3], [0.6, 0.6]);
    await screen.setAt(`${id}_controlnet_control_weight_slider`, 0.9);
  },
  shows: () => ({
    scripts: { ControlNet: [OFF, { ...UNIT, weight: 0.9, image_fg: { shape: [64, 96, 4] } }, OFF] },
  }),
};

const MASKED_UNIT: Case = {
  name: "txt2img, ControlNet reference_only with a mask of its own",
  tab: "txt2img",
  needs: [],
  async set(screen, { pictures }) {
    const id = await setUnit(screen, { unit: 0, picture: pictures.reference });
    await screen.tick(`${id}_controlnet_mask_upload_checkbox`);
    await screen.put(`${id}_mask_image`, "mask.png", pictures.mask);
    await screen.paint(`${id}_mask_image`, [0.3, 0.3], [0.5, 0.7]);
  },
  shows: () => ({
    scripts: { ControlNet: [{ ...UNIT, mask_image: { shape: [64, 96, 4] } }, OFF, OFF] },
  }),
};

export const SCRIPTS: readonly Case[] = [PATCHES, REFERENCE, PAINTED_UNIT, MASKED_UNIT];
