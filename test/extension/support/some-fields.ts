import type { Page } from "playwright-core";
import { queueScreen } from "./queue-button.ts";
import { setFields } from "./screen.ts";

const FIELDS = {
  txt2img_neg_prompt: "blurry",
  txt2img_steps: 8,
  txt2img_cfg_scale: 4.5,
  txt2img_seed: 99,
};

/** What Forge must be asked when `queueFields` has queued. */
export const ASKED = { negative_prompt: "blurry", steps: 8, cfg_scale: 4.5, seed: 99 };

/** Sets a few fields of txt2img, queues, and gives back what the button says. */
export async function queueFields(page: Page, prompt: string): Promise<string> {
  await setFields(page, { ...FIELDS, txt2img_prompt: prompt });
  return queueScreen(page, "txt2img");
}
