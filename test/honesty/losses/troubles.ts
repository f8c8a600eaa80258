import { encodePng, readParameters } from "../../../tunnel-agent/demo-forge/png.ts";
import type { Body, Chapter, Scenario } from "../loss.ts";
import { draws } from "./requests.ts";

/** What Forge answers in place of a picture, and what becomes of the job. */
const answered = (
  outcome: Scenario["outcome"],
  status: number,
  body: unknown,
  field?: string,
): Scenario => ({
  where: "after",
  outcome,
  ...(field === undefined ? {} : { field }),
  job: {},
  lie: { instead: { status, body } },
});

/** Forge's form of an exception that nobody caught. */
const crashed = (error: string, message: string, body: unknown = "") => ({
  error,
  detail: "",
  body,
  message,
});

/** Puts a black picture with the same text in the place of the first one. */
async function blacken(answer: Body): Promise<void> {
  const [first = "", ...others] = answer.images as string[];
  const text = await readParameters(Buffer.from(first, "base64"));
  const [width, height] = [128, 128];
  const black = await encodePng({ data: Buffer.alloc(width * height * 3), width, height }, text);
  answer.images = [black.toString("base64"), ...others];
}

const MODEL = "/home/anna/forge/models/Stable-diffusion/some.safetensors";

export const TROUBLES: Chapter = {
  name: "troubles",
  title: "Forge's errors, in words",
  losses: [
    {
      wish: "a picture that does not fit into memory",
      forge: "fails",
      scenarios: [
        {
          where: "after",
          outcome: "failed: oom",
          job: {},
          fault: { oom: 2 },
        },
        {
          where: "after",
          because: "the job is run once more, with nothing else in memory",
          outcome: "completed",
          job: {},
          fault: { oom: 1 },
          shows: ({ sent }) => [sent.length, 2],
        },
      ],
    },
    {
      wish: "a model whose file is damaged or of an unknown kind",
      forge: "fails, and tells the folders of its box",
      scenarios: [
        answered(
          "failed: bad_model_file",
          500,
          crashed("ValueError", "Failed to recognize model type!"),
          "checkpoint_name",
        ),
        answered(
          "failed: bad_model_file",
          500,
          crashed("SafetensorError", `Error while deserializing header: HeaderTooLarge ${MODEL}`),
        ),
      ],
    },
    {
      wish: "a checkpoint without VAE and text encoders, whose file the agent cannot see",
      forge: "fails after the load",
      scenarios: [
        answered(
          "failed: modules_missing",
          500,
          crashed("AssertionError", "You do not have CLIP state dict!"),
          "modules",
        ),
      ],
    },
    {
      wish: "a job after one whose checkpoint could not be loaded",
      forge: "fails every job with the model before it, until another one has been loaded",
      scenarios: [
        {
          where: "after",
          because: "another model is loaded, and the job run once more",
          outcome: "completed",
          job: {},
          owner: draws({ override_settings: { sd_model_checkpoint: "demoFlux_unet_Q8" } }),
          shows: ({ view, pictures, alone }) => [
            [view?.retry_count, pictures[0]?.equals(alone)],
            [0, true],
          ],
        },
      ],
    },
    {
      wish: "a script with a value of the wrong kind, or one that does not go with the picture's size",
      forge: "fails in the middle of the job",
      scenarios: [
        {
          where: "after",
          outcome: "failed: invalid_job",
          of: "text in place of a number",
          job: {
            alwayson_scripts: {
              "FreeU Integrated (SD 1.x, SD 2.x, SDXL)": {
                args: [true, "strong", 1.02, 0.99, 0.95, 0, 1],
              },
            },
          },
        },
        {
          where: "after",
          outcome: "failed: invalid_job",
          of: "a tile as large as the picture",
          job: {
            alwayson_scripts: {
              "MultiDiffusion Integrated": {
                args: [true, "Mixture of Diffusers", 768, 768, 128, 4],
              },
            },
          },
        },
      ],
    },
    {
      wish: "LoRA, ControlNet or refiner made for another kind of model",
      forge: "fails in the middle of the job",
      scenarios: [
        answered(
          "failed: invalid_job",
          500,
          crashed(
            "RuntimeError",
            "mat1 and mat2 shapes cannot be multiplied (154x768 and 2048x640)",
          ),
        ),
      ],
    },
    {
      wish: "anything that Forge refuses",
      forge: "repeats the whole picture that was sent",
      scenarios: [
        answered("failed: invalid_job", 422, {
          detail: [
            {
              type: "list_type",
              loc: ["body", "init_images"],
              msg: "Input should be a valid list",
              input: "iVBORw0KGgo".repeat(500),
            },
          ],
        }),
      ],
    },
    {
      wish: "anything at which Forge breaks",
      forge:
        "answers in two forms, with folders, flags and names of its own, or with no word at all",
      scenarios: [
        answered(
          "failed: forge_error",
          500,
          crashed("RuntimeError", `Something else broke in ${MODEL}`),
        ),
        answered(
          "failed: forge_error",
          500,
          crashed("AssertionError", "", { api_auth: "anna:geheim" }),
        ),
        answered("failed: forge_error", 500, {
          detail: "Something that Forge says in its own words",
        }),
        answered("failed: forge_error", 502, "<html>Bad Gateway</html>"),
      ],
    },
    {
      wish: "a picture of a Forge whose login the agent does not have",
      forge: "refuses it",
      scenarios: [
        answered("failed: forge_login", 401, { detail: "Incorrect username or password" }),
      ],
    },
    {
      wish: "a picture from a model that breaks down in numbers",
      forge: "fails, or gives a black picture",
      scenarios: [
        {
          where: "unproved",
          because: "a black picture is one that somebody may have asked for",
          outcome: "completed",
          job: {},
          lie: { answers: blacken },
        },
        answered(
          "failed: forge_error",
          500,
          crashed("NansException", "A tensor with all NaNs was produced in Unet."),
        ),
      ],
    },
  ],
};
