import { LIMITS } from "@mobilesd/contract";
import type { BadRequest } from "./bad-requests.ts";

/** Parameters that are refused, where, and by which limit. */
type BadPart = readonly [params: object, field: string, limit?: number];

const UPLOAD = { upload_id: `upl_${"a".repeat(22)}` };
const unit = (fields: object) => ({
  alwayson_scripts: { ControlNet: { args: [{ module: "reference_only", ...fields }] } },
});
const script = (...args: unknown[]) => ({ script: { name: "prompt matrix", args } });

const BAD_PARTS: Record<string, BadPart> = {
  "a file of the box in a script": [script(0, "/etc/passwd"), "script.args.1"],
  "a folder deep in a script": [script({ save: ["C:\\pictures"] }), "script.args.0.save.0"],
  "an address in a script": [script("http://127.0.0.1:7860/"), "script.args.0"],
  "a way up in an always-on script": [
    { alwayson_scripts: { FreeU: { args: ["a/../../b"] } } },
    "alwayson_scripts.FreeU.args.0",
  ],
  "an upload in a script that is none": [script({ upload_id: "mine" }), "script.args.0"],
  "labels for other arguments": [
    { script: { name: "prompt matrix", args: [1], arg_labels: ["a", "b"] } },
    "script.arg_labels",
  ],
  "the same script in other letters": [
    { alwayson_scripts: { FreeU: { args: [] }, freeu: { args: [] } } },
    "alwayson_scripts",
  ],
  "a folder for ControlNet to read": [
    unit({ batch_image_dir: "x", image: UPLOAD }),
    "alwayson_scripts.ControlNet.args.0.batch_image_dir",
  ],
  "a picture for ControlNet that is no upload": [
    unit({ image: "aGVsbG8=" }),
    "alwayson_scripts.ControlNet.args.0.image",
  ],
  "a weight beyond ControlNet's": [
    unit({ image: UPLOAD, weight: 3 }),
    "alwayson_scripts.ControlNet.args.0.weight",
    2,
  ],
  "a ControlNet unit without a picture": [unit({}), "alwayson_scripts.ControlNet.args.0.image"],
  "X/Y/Z plot": [{ script: { name: "X/Y/Z plot", args: [] } }, "script.name"],
  "a script of Forge's page alone": [
    { alwayson_scripts: { Refiner: { args: [] } } },
    "alwayson_scripts.Refiner",
  ],
  "a hires fix of two sizes": [{ hires: { scale: 2, width: 1024 } }, "hires.scale"],
  "a hires fix beyond what a GPU follows": [
    { width: 2048, height: 2048, hires: { scale: 2.5 } },
    "hires",
    LIMITS.sidePixelsMax,
  ],
  "a hires fix of an input picture": [
    { hires: { scale: 2 }, img2img: { init_image: UPLOAD } },
    "hires",
  ],
  "a refiner that never comes": [
    { refiner: { checkpoint_name: "plain_sd15", switch_at: 1 } },
    "refiner.switch_at",
  ],
  "a LoRA whose weight is no number": [
    { positive_prompt: "<lora:lab_lora:strong>" },
    "positive_prompt",
  ],
  "more LoRAs than a prompt may call": [
    { positive_prompt: Array.from({ length: 33 }, (_, n) => `<lora:l${n}:1>`).join(" ") },
    "positive_prompt",
    LIMITS.lorasMax,
  ],
};

/** The same as requests. */
export const BAD_PART_REQUESTS: Record<string, BadRequest> = {
  ...Object.fromEntries(
    Object.entries(BAD_PARTS).map(([name, [params, field, limit]]): [string, BadRequest] => [
      name,
      [(jobWith) => jobWith(params), 400, "invalid_request", `generation_params.${field}`, limit],
    ]),
  ),
  "a __proto__ deep in a script": [
    (jobWith) => jobWith(script({ x: 1 })).replace('"x":1', '"__proto__":{"x":1}'),
    400,
    "invalid_request",
    "__proto__",
  ],
  "an always-on script called __proto__": [
    (jobWith) => jobWith({ alwayson_scripts: { x: { args: [] } } }).replace('"x":', '"__proto__":'),
    400,
    "invalid_request",
    "__proto__",
  ],
  "a number in a script that JSON cannot hold": [
    (jobWith) => jobWith(script(12345)).replace("12345", "1e999"),
    400,
    "invalid_request",
    "generation_params.script.args.0",
  ],
};
