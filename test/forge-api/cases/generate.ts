import { setTimeout as wait } from "node:timers/promises";
import { isObject } from "../compare/difference.ts";
import { drawImage } from "../forge/lab.ts";
import { applyStyles, type Names } from "../forge/names.ts";
import type { Answer, RecordedRequest } from "../recording.ts";
import type { Session } from "../session.ts";
import { type ExchangeOptions, exchange, type Group } from "./case.ts";

const generate = (name: string, options?: ExchangeOptions) => exchange(`generate/${name}`, options);
const cases = (...names: string[]) => names.map((name) => generate(name));

/** What a job is when little is asked, and prompts. */
export const DEFAULTS: Group = {
  name: "generate: defaults and prompts",
  needs: ["page", "model"],
  cases: [
    ...cases("steps_1", "minimal", "all_fields", "unknown_keys", "send_images_false"),
    ...cases("n_iter2_batch2", "prompt_unicode", "prompt_latin1", "prompt_newlines"),
    ...cases("prompt_comment"),
    generate("empty_object", { send: sendAndInterrupt }),
  ],
};

const HIRES: Group = {
  name: "generate: hires fix and refiner",
  needs: ["page", "model"],
  cases: cases(
    ...["hires", "hires_image_upscaler", "hires_modules_missing", "hires_denoising_null"],
    ...["hires_cfg_default", "hires_unknown_upscaler", "hires_ui_texts", "hires_ui_sampler_text"],
    ...["hires_ui_scheduler_text", "hires_resize_to", "refiner_unknown"],
  ),
};

/** Jobs for which a second checkpoint is loaded. */
export const SECOND_MODEL: Group = {
  name: "generate: two checkpoints in one job",
  needs: ["page", "model", "other"],
  cases: cases("refiner", "hires_checkpoint"),
};

const CHECKPOINTS: Group = {
  name: "generate: checkpoint names",
  needs: ["page", "model", "other"],
  cases: cases(
    ...["checkpoint_title", "checkpoint_model_name", "checkpoint_basename", "checkpoint_path"],
    ...["checkpoint_wrong_case", "checkpoint_unknown", "checkpoint_empty", "checkpoint_null"],
  ),
};

const CHECKPOINTS_IN_FOLDERS: Group = {
  name: "generate: checkpoint names in folders",
  needs: ["page", "model", "otherInFolder"],
  cases: cases("checkpoint_basename_ext", "checkpoint_backslash"),
};

const OVERRIDES: Group = {
  name: "generate: overrides and options",
  needs: ["page", "model"],
  cases: [
    ...cases("clip_skip", "override_unknown_key", "override_wrong_type"),
    ...cases("override_modules_unknown", "override_leak_stored"),
    generate("override_leak_stored_options", { isPart: true }),
    generate("override_kept"),
    generate("override_kept_options", { isPart: true }),
    ...cases("options_known", "options_unknown_key", "options_unknown_model"),
  ],
  end: async ({ settings }) => settings?.change({ CLIP_stop_at_last_layers: 1 }),
};

const LEAK: Group = {
  name: "generate: an override that stays",
  needs: ["page", "model", "unstoredOption"],
  cases: [
    generate("override_leak_absent", {
      alsoRename: (_, { leak }) => leak?.names ?? [],
      send: async (_, { leak }) => demand(leak?.job),
    }),
    generate("override_leak_absent_options", {
      isPart: true,
      alsoRename: (_, { leak }) => leak?.names ?? [],
      send: async (_, { leak }) => demand(leak?.options),
    }),
  ],
};

const SAMPLERS: Group = {
  name: "generate: samplers and schedulers",
  needs: ["page", "model"],
  cases: cases(
    ...["sampler_unknown", "sampler_case", "sampler_alias", "sampler_with_scheduler"],
    ...["sampler_index", "scheduler_unknown", "scheduler_label", "scheduler_name"],
  ),
};

const ODD_VALUES: Group = {
  name: "generate: odd values",
  needs: ["page", "model"],
  cases: cases(
    ...["seed_random", "seed_max", "seed_over", "seed_huge", "seed_minus5", "width_65", "width_0"],
    ...["width_negative", "width_huge", "steps_0", "steps_negative", "n_iter_0", "batch_0"],
    ...["cfg_huge", "cfg_1", "type_width", "type_steps_text", "type_steps_float", "type_prompt"],
    ...["prompt_null", "prompt_list", "type_override", "broken_json", "no_body", "array_body"],
    ...["null_body", "nan"],
  ),
};

const SCRIPTS: Group = {
  name: "generate: scripts and ControlNet",
  needs: ["page", "model"],
  cases: cases(
    ...["script_unknown", "script_wrong_args", "script_matrix", "alwayson_unknown"],
    ...["alwayson_selectable", "alwayson_not_a_dict", "alwayson_too_many"],
    ...["controlnet_missing_model", "controlnet_bad_unit"],
  ),
};

const MISSING_NAMES: Group = {
  name: "generate: names that are not there",
  needs: ["page", "model"],
  cases: cases("styles_unknown", "lora_missing", "infotext", "infotext_only", "infotext_model"),
};

/** A LoRA, and how it stays. */
export const LORA: Group = {
  name: "generate: LoRA",
  needs: ["page", "model", "lora"],
  cases: cases("lora", "lora_disabled"),
};

const EMBEDDING: Group = {
  name: "generate: embedding",
  needs: ["page", "model", "embedding"],
  cases: cases("embedding"),
};

const STYLES: Group = {
  name: "generate: styles",
  needs: ["page", "model", "styles"],
  cases: [generate("styles", { alsoRename: renameNegative })],
};

const FORMATS: Group = {
  name: "generate: formats of pictures",
  needs: ["page", "model"],
  cases: ["jpg", "webp", "avif"].map((format) =>
    generate(`format_${format}`, {
      prepare: async ({ settings }) => settings?.change({ samples_format: format }),
    }),
  ),
  end: async ({ settings }) => settings?.change({ samples_format: "png" }),
};

const SAVING: Group = {
  name: "generate: saved pictures",
  needs: ["page", "model"],
  cases: cases("saved_single", "n_iter2_batch2_saved"),
};

const OTHER_ROUTES: Group = {
  name: "generate: png-info and extras",
  needs: ["page", "model"],
  cases: [generate("png_info", { change: sendFreshPicture }), generate("extra_single")],
};

/** txt2img and what belongs to it, in an order in which no case spoils another. */
export const GENERATE: Group[] = [
  DEFAULTS,
  HIRES,
  SECOND_MODEL,
  CHECKPOINTS,
  CHECKPOINTS_IN_FOLDERS,
  OVERRIDES,
  LEAK,
  SAMPLERS,
  ODD_VALUES,
  SCRIPTS,
  MISSING_NAMES,
  LORA,
  EMBEDDING,
  STYLES,
  FORMATS,
  SAVING,
  OTHER_ROUTES,
];

// Fifty steps of 512x512 are long: the recorder stopped them too, as soon as they had begun.
async function sendAndInterrupt(request: RecordedRequest, { forge }: Session): Promise<Answer> {
  const answer = forge.send(request);
  const isAnswered = answer.then(() => true);
  const begun = async () => {
    const progress = await forge.read("/sdapi/v1/progress?skip_current_image=true");
    return isObject(progress) && isObject(progress.state) && progress.state.sampling_steps === 50;
  };
  while (!(await Promise.race([isAnswered, begun()]))) await wait(20);
  await forge.ask("/sdapi/v1/interrupt", {});
  return answer;
}

async function sendFreshPicture(request: RecordedRequest, { forge }: Session) {
  return { ...request, body: { image: await drawImage(forge) } };
}

// The negative text of the styles stands alone in `info`, where it is a word like any other.
function renameNegative({ styles }: Names): [string, string][] {
  const negatives = styles?.map(({ negative_prompt }) => negative_prompt) ?? [];
  return [["blurry", applyStyles("", negatives)]];
}

function demand(answer: Answer | undefined): Answer {
  if (!answer) throw new Error("No override that stays was found");
  return answer;
}
