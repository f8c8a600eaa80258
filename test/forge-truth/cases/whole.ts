import type { Screen } from "../page/screen.ts";
import type { Case, Lab } from "./case.ts";
import { OFF, setUnit, UNIT } from "./scripts.ts";

async function setRefiner(
  { tab, switchOn, choose, set }: Screen,
  { otherBase }: Lab,
): Promise<void> {
  await switchOn(`#${tab}_enable`);
  await choose(`#${tab}_checkpoint`, otherBase);
  await set({ switch_at: 0.5 });
}

async function setUnits(screen: Screen, { pictures }: Lab): Promise<void> {
  const first = await setUnit(screen, { unit: 0, picture: pictures.reference });
  await screen.setAt(`${first}_controlnet_control_weight_slider`, 0.6);
  const second = await setUnit(screen, { unit: 1, picture: pictures.init });
  await screen.setAt(`${second}_controlnet_control_weight_slider`, 0.4);
}

const UNITS = [{ ...UNIT, weight: 0.6 }, { ...UNIT, weight: 0.4 }, OFF];

/** Everything at once, as far as one tab has it. */
export const WHOLE: readonly Case[] = [
  {
    name: "txt2img, hires fix, a LoRA, a refiner and two ControlNet units",
    tab: "txt2img",
    needs: ["lora", "other"],
    async set(screen, lab) {
      await screen.set({ prompt: `a blue ball <lora:${lab.lora}:0.7>`, steps: 4 });
      await screen.switchOn("#txt2img_hr");
      await screen.set({ hires_steps: 2, denoising_strength: 0.5, hr_scale: 1.5, hr_cfg: 3.5 });
      await screen.choose("#hr_sampler", "DPM++ 2M");
      await setRefiner(screen, lab);
      await setUnits(screen, lab);
    },
    shows: ({ lora, otherBase }) => ({
      fields: {
        prompt: `a blue ball <lora:${lora}:0.7>`,
        enable_hr: true,
        hr_sampler_name: "DPM++ 2M",
        refiner_checkpoint: otherBase,
      },
      scripts: { ControlNet: UNITS },
    }),
  },
  {
    name: "inpaint, a painted mask, a LoRA, a refiner and two ControlNet units",
    tab: "img2img",
    needs: ["lora", "other"],
    async set(screen, lab) {
      await screen.set({ prompt: `a blue ball <lora:${lab.lora}:0.7>`, steps: 4 });
      await screen.mode("inpaint");
      await screen.put("#img2maskimg", "init.png", lab.pictures.init);
      await screen.paint("#img2maskimg", [0.3, 0.4], [0.6, 0.6]);
      await screen.set({ denoising_strength: 1, mask_blur: 6 });
      await setRefiner(screen, lab);
      await setUnits(screen, lab);
    },
    shows: ({ lora, otherBase }) => ({
      fields: {
        prompt: `a blue ball <lora:${lora}:0.7>`,
        image_mask: { size: [96, 64] },
        mask_blur_x: 6,
        refiner_checkpoint: otherBase,
      },
      scripts: { ControlNet: UNITS },
    }),
  },
];
