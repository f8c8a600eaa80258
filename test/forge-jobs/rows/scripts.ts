import { FREE_U, REFERENCE_ONLY, SELF_ATTENTION } from "../lab.ts";
import type { Row } from "./row.ts";

/** Enabled, then what its page shows from left to right: b1, b2, s1, s2, start, end. */
const FREE_U_ARGS = [true, 1.3, 1.4, 0.9, 0.2, 0, 1];
/** Enabled, scale, blur sigma, threshold of the blur mask. */
const SELF_ATTENTION_ARGS = [true, 0.75, 2.5, 0.5];

/** Jobs with always-on scripts. */
export const SCRIPTS: readonly Row[] = [
  {
    name: "ControlNet reference_only with a picture",
    needs: ["controlNet"],
    queued: ({ upload }) => ({
      alwayson_scripts: {
        ControlNet: { args: [{ module: REFERENCE_ONLY, image: upload("reference"), weight: 0.8 }] },
      },
    }),
    direct: ({ base64 }) => ({
      alwayson_scripts: {
        ControlNet: {
          args: [
            {
              enabled: true,
              module: REFERENCE_ONLY,
              model: "None",
              image: base64("reference"),
              weight: 0.8,
              resize_mode: "Crop and Resize",
              processor_res: -1,
              threshold_a: -1,
              threshold_b: -1,
              guidance_start: 0,
              guidance_end: 1,
              pixel_perfect: false,
              control_mode: "Balanced",
              hr_option: "Both",
              save_detected_map: true,
            },
          ],
        },
      },
    }),
  },
  {
    name: "two always-on scripts together",
    needs: ["patchScripts"],
    queued: () => ({
      alwayson_scripts: {
        [FREE_U]: { args: FREE_U_ARGS },
        [SELF_ATTENTION]: { args: SELF_ATTENTION_ARGS },
      },
    }),
    direct: () => ({
      alwayson_scripts: {
        [FREE_U]: { args: FREE_U_ARGS },
        [SELF_ATTENTION]: { args: SELF_ATTENTION_ARGS },
      },
    }),
  },
];
