import type { Body, Chapter, Job, Scenario } from "../loss.ts";
import { EXTENSION_SCRIPTS, withoutScripts } from "./extension-scripts.ts";
import { CANNY, controlNet } from "./requests.ts";

const PHOTO = { picture: "photo" };
const MASKED = { init_image: PHOTO, mask: { picture: "mask" }, inpaint_full_res: true };

const refused = (outcome: Scenario["outcome"], field: string, job: Job): Scenario => ({
  where: "before",
  outcome,
  field,
  job,
});

const img2img = (outcome: Scenario["outcome"], field: string, fields: Job): Scenario =>
  refused(outcome, `img2img.${field}`, { img2img: { init_image: PHOTO, ...fields } });

const unit = (outcome: Scenario["outcome"], field: string, fields: Job): Scenario =>
  refused(outcome, `alwayson_scripts.ControlNet.args.0.${field}`, controlNet(fields));

/** The one picture that a request hands to ControlNet. */
const unitImage = (request: Job | undefined) => {
  const scripts = request?.alwayson_scripts as Record<string, { args: { image: string }[] }>;
  return Buffer.from(scripts.controlnet?.args[0]?.image ?? "", "base64");
};

/** An extension's script as Forge lists it. */
const script = (name: string, labels: string[]) => ({
  name,
  is_alwayson: true,
  is_img2img: false,
  args: labels.map((label) => ({ label })),
});

const PNG_COLOUR_TYPE_AT = 25;

export const PICTURES: Chapter = {
  name: "pictures",
  title: "Input pictures, masks, ControlNet and scripts",
  losses: [
    {
      wish: "an input picture that is none, at its upload; or one that broke off",
      forge: "fails, and keeps the job in its queue for ever",
      scenarios: [
        {
          where: "queued",
          outcome: "400 invalid_image",
          field: "body",
          job: { img2img: { init_image: { picture: "noPicture" } } },
        },
        img2img("failed: bad_image", "init_image", { init_image: { picture: "brokenPhoto" } }),
      ],
    },
    {
      wish: "a mask with nothing in it, to repaint only the masked part",
      forge: "repaints the whole picture",
      scenarios: [
        img2img("failed: blank_mask", "mask", { ...MASKED, mask: { picture: "emptyMask" } }),
        img2img("failed: blank_mask", "mask", {
          ...MASKED,
          mask: { picture: "fullMask" },
          inpainting_mask_invert: 1,
        }),
      ],
    },
    {
      wish: "a mask painted in white on transparency that covers nothing",
      forge: "takes the transparency, and repaints the whole picture",
      scenarios: [
        img2img("failed: blank_mask", "mask", { ...MASKED, mask: { picture: "clearMask" } }),
      ],
    },
    {
      wish: "a mask of another size than the picture's, to repaint only the masked part",
      forge: "repaints another part",
      scenarios: [
        img2img("failed: invalid_job", "mask", { ...MASKED, mask: { picture: "smallMask" } }),
      ],
    },
    {
      wish: "a ControlNet model or preprocessor that the server does not have",
      forge: "makes the picture without ControlNet, and says that it was used",
      scenarios: [
        {
          where: "queued",
          outcome: "400 unknown_name",
          field: "alwayson_scripts.ControlNet.args.0.model",
          job: controlNet({ ...CANNY, model: "control_canny" }),
        },
        {
          ...unit("failed: missing_name", "model", { ...CANNY, model: "control_canny" }),
          server: {},
        },
        {
          ...unit("failed: missing_name", "module", { ...CANNY, module: "kanny" }),
          server: {},
        },
      ],
    },
    {
      wish: "a ControlNet unit without a picture, or without a model",
      forge: "makes the picture without ControlNet, and says that it was used",
      scenarios: [
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "alwayson_scripts.ControlNet.args.0.image",
          job: controlNet({ module: "canny", model: "demo_canny [de300001]" }),
        },
        {
          where: "queued",
          outcome: "400 invalid_request",
          field: "alwayson_scripts.ControlNet.args.0.model",
          job: controlNet({ module: "canny", image: PHOTO }),
        },
      ],
    },
    {
      wish: "a ControlNet picture that is black",
      forge: "makes the picture without ControlNet, and says that it was used",
      scenarios: [
        unit("failed: bad_image", "image", { ...CANNY, image: { picture: "emptyMask" } }),
        unit("failed: blank_mask", "mask_image", {
          ...CANNY,
          mask_image: { picture: "emptyMask" },
        }),
      ],
    },
    {
      wish: "a ControlNet picture with a palette",
      forge: "reads the numbers of its colours as brightness",
      scenarios: [
        {
          where: "never",
          because: "Forge is given the same picture without one",
          outcome: "completed",
          job: controlNet({ ...CANNY, image: { picture: "palettePhoto" } }),
          shows: ({ sent: [request] }) => [unitImage(request)[PNG_COLOUR_TYPE_AT], 2],
        },
      ],
    },
    {
      wish: "more ControlNet units than the server has",
      forge: "leaves out the rest",
      scenarios: [
        refused(
          "failed: script_changed",
          "alwayson_scripts.ControlNet.args",
          controlNet(CANNY, CANNY, CANNY, CANNY),
        ),
      ],
    },
    {
      wish: "ControlNet",
      forge: "makes the picture without it where its extension breaks",
      scenarios: [
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "alwayson_scripts",
          job: controlNet(CANNY),
          lie: { asks: withoutScripts },
        },
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "alwayson_scripts",
          job: controlNet(CANNY),
          lie: { answers: (answer) => void (answer.images as string[]).pop() },
        },
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "alwayson_scripts",
          job: { hires: { scale: 2 }, ...controlNet(CANNY, CANNY) },
          lie: {
            asks: (request) => {
              const scripts = request.alwayson_scripts as Record<string, { args: Body[] }>;
              Object.assign(scripts.controlnet?.args[1] ?? {}, { module: "broken" });
            },
          },
        },
        {
          where: "unproved",
          because: "its model broke after the preprocessor had worked",
          outcome: "completed",
          job: controlNet(CANNY),
          lie: {
            asks: (request) => {
              const scripts = request.alwayson_scripts as Record<string, { args: Job[] }>;
              const args = scripts.controlnet?.args.map((one) => ({ ...one, model: "broken" }));
              request.alwayson_scripts = { controlnet: { args } };
            },
          },
        },
      ],
    },
    {
      wish: "a script whose version on the server takes other arguments",
      forge: "reads each argument as whatever now stands in its place",
      scenarios: [
        refused("failed: script_changed", "alwayson_scripts.Kohya HRFix Integrated.args", {
          alwayson_scripts: {
            "Kohya HRFix Integrated": { args: [true, 3], arg_labels: ["Enabled", "Block Number"] },
          },
        }),
        refused("failed: script_changed", "script.args", {
          script: { name: "Prompt matrix", args: [false, false] },
        }),
      ],
    },
    {
      wish: "a script with the same arguments in another order",
      forge: "reads each argument as whatever stands in its place",
      scenarios: [
        {
          where: "never",
          because: "its arguments are put in the server's order by their labels",
          outcome: "completed",
          job: {
            alwayson_scripts: {
              "StyleAlign Integrated": {
                args: [0.5, true],
                arg_labels: ["Strength", "Share attention in batch"],
              },
            },
          },
          shows: ({ sent: [request] }) => [
            request?.alwayson_scripts,
            { "stylealign integrated": { args: [true, 0.5] } },
          ],
        },
      ],
    },
    {
      wish: "one of Forge's own scripts",
      forge: "leaves it out where an argument is of the wrong kind, or the model of another",
      scenarios: [
        {
          where: "after",
          outcome: "completed, script_silent",
          field: "alwayson_scripts.Kohya HRFix Integrated",
          job: { alwayson_scripts: { "Kohya HRFix Integrated": { args: [true, "third"] } } },
        },
        {
          where: "after",
          outcome: "completed, script_silent",
          field: "alwayson_scripts.FreeU Integrated (SD 1.x, SD 2.x, SDXL)",
          job: {
            checkpoint_name: "demoFlux_dev_fp8",
            alwayson_scripts: {
              "FreeU Integrated (SD 1.x, SD 2.x, SDXL)": {
                args: [true, 1.01, 1.02, 0.99, 0.95, 0, 1],
              },
            },
          },
        },
      ],
    },
    ...EXTENSION_SCRIPTS,
  ],
  lists: {
    "/sdapi/v1/script-info": (scripts: Job[]) => [
      ...scripts,
      script("adetailer", ["Enable", "Skip img2img", ""]),
      script("dynamic prompts", ["Enabled", "Combinatorial generation"]),
      script("tiled vae", ["Enable"]),
    ],
  },
};
