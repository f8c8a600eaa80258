import type { FailureKind, FailureReason } from "@mobilesd/contract";
import { fieldOfOption, OPTION_NAMES } from "./option-fields.ts";

/** What one of Forge's errors means. */
export interface ErrorRow {
  /** Found in `Type: message`. What it captures is a name that the sentences may use. */
  readonly says: RegExp;
  readonly kind: FailureKind;
  readonly reason: FailureReason;
  readonly field?: string | ((name: string) => string | undefined);
  readonly message: string | ((name: string) => string);
  readonly owner?: string;
  /** Whether the owner also reads Forge's own words. */
  readonly quotes?: true;
}

/** Memory of the GPU or of the machine ran out, whichever library says so. */
export const OUT_OF_MEMORY =
  /OutOfMemory|out of memory|can't allocate memory|not enough (?:GPU video )?memory|\bMemoryError\b|Unable to allocate .+ for an array|CUBLAS_STATUS_ALLOC_FAILED|paging file is too small/i;

/** A load that failed leaves Forge without the model that it takes for loaded (sd_models.py `forge_model_reload`). */
export const MODEL_LOST = /'NoneType' object has no attribute 'sd_checkpoint_info'/;

const PARTS: Record<string, string> = {
  VAE: "VAE",
  CLIP: "CLIP text encoder",
  T5: "T5 text encoder",
};

/** Forge's errors in words, by what it says (forge-reference 1.13); the first row that fits counts. */
export const ERROR_ROWS: readonly ErrorRow[] = [
  {
    says: OUT_OF_MEMORY,
    kind: "resource",
    reason: "oom",
    message:
      "The server ran out of memory. Choose a smaller picture, a smaller batch or less upscaling.",
    owner: 'Close what else uses the graphics card, or lower "GPU Weights" in Forge.',
    quotes: true,
  },
  {
    says: MODEL_LOST,
    kind: "infra",
    reason: "forge_error",
    message: "An earlier model could not be loaded, and Forge lost the one of this job with it.",
    owner: "Choose another checkpoint on Forge's page and generate once, or restart Forge.",
  },
  {
    says: /You do not have (VAE|CLIP|T5) state dict/,
    kind: "user",
    reason: "modules_missing",
    field: "modules",
    message: (part) => `This model's file brings no ${PARTS[part]}. Name one under modules.`,
    owner: "The file for it belongs into models/VAE or models/text_encoder of Forge.",
  },
  {
    says: /Failed to recognize model type|You do not have model state dict/,
    kind: "user",
    reason: "bad_model_file",
    field: "checkpoint_name",
    message:
      "Forge cannot use this model's file: it is damaged, or of a kind that this Forge does not know. Choose another model.",
    owner: "Download the model's file again, or update Forge.",
  },
  {
    says: /SafetensorError|HeaderTooLarge|HeaderTooSmall|InvalidHeader|MetadataIncompleteBuffer|PytorchStreamReader|UnpicklingError|invalid load key|bad file inside|Error\(s\) in loading state_dict/,
    kind: "user",
    reason: "bad_model_file",
    message: "One of the model files of this job is damaged, or is not what its folder is for.",
    owner: "Download that file again.",
    quotes: true,
  },
  {
    says: /Could not find checkpoint with name (.+)/,
    kind: "user",
    reason: "missing_name",
    message: (name) =>
      `This Forge has no checkpoint "${name}" for hires fix or the refiner. Choose another one.`,
    owner: "If the file is there, refresh the list of checkpoints in Forge.",
  },
  {
    says: /RuntimeError: model '(.+)' not found/,
    kind: "user",
    reason: "missing_name",
    field: "checkpoint_name",
    message: (name) => `This Forge has no checkpoint "${name}". Choose another one.`,
    owner: "If the file is there, refresh the list of checkpoints in Forge.",
  },
  {
    says: /could not find upscaler named (.+)/,
    kind: "user",
    reason: "missing_name",
    field: "hires.upscaler",
    message: (name) => `This Forge has no upscaler "${name}". Choose another one.`,
    owner: "If its file was just added, restart Forge.",
  },
  {
    says: /(?:Script|always on script) '?(.+?)'? not found/i,
    kind: "user",
    reason: "missing_name",
    message: (name) => `This Forge has no script "${name}". Switch it off in the job.`,
    owner: "If its extension is installed, see whether Forge's console reports an error of it.",
  },
  {
    // The main sampler is replaced in silence, so only the one of hires fix gets here.
    says: /bad sampler name: (.+)/,
    kind: "user",
    reason: "missing_name",
    field: "hires.sampler_name",
    message: (name) => `This Forge has no sampler "${name}". Choose another one.`,
  },
  {
    says: /Sampler not found/,
    kind: "user",
    reason: "missing_name",
    field: "sampler_name",
    message: "This Forge does not have the sampler of this job. Choose another one.",
  },
  {
    says: new RegExp(`KeyError: '(${OPTION_NAMES.join("|")})'`),
    kind: "user",
    reason: "missing_name",
    field: fieldOfOption,
    message: (name) => `This Forge has no setting "${name}". Leave it out of the job.`,
    owner: "A newer Forge may have it.",
  },
  {
    says: /Sampler (.+) is not supported for SDXL/,
    kind: "user",
    reason: "invalid_job",
    field: "sampler_name",
    message: (name) => `The sampler "${name}" does not work with SDXL models. Choose another one.`,
  },
  {
    says: /Init image not found/,
    kind: "user",
    reason: "bad_image",
    field: "img2img.init_image",
    message: "Forge was given no input picture.",
  },
  {
    says: /Invalid encoded image|cannot identify image file|DecompressionBomb|image file is truncated/,
    kind: "user",
    reason: "bad_image",
    message:
      "Forge cannot read one of the input pictures. Save it as PNG or JPEG and upload it again.",
  },
  {
    says: /local resource not allowed|Requests not allowed|Invalid image url/,
    kind: "user",
    reason: "bad_image",
    message: "Forge was given an address instead of a picture. Upload the picture itself.",
  },
  {
    says: /Invalid image format/,
    kind: "user",
    reason: "unsupported_format",
    message: "This server saves pictures in a format that Forge cannot hand over.",
    owner: 'Set "File format for images" in Forge\'s settings to png, jpg or webp.',
  },
  {
    says: /EXIF data is too long/,
    kind: "user",
    reason: "unsupported_format",
    message: "The prompt is too long to be written into a JPEG picture. Shorten it.",
    owner: 'With "File format for images" set to png in Forge\'s settings, any prompt fits.',
  },
  {
    says: /Cannot have a selectable script in the always on scripts/,
    kind: "user",
    reason: "invalid_job",
    field: "alwayson_scripts",
    message: "One of the always-on scripts is one that runs alone. Give it as script instead.",
  },
  {
    // Scripts are not there yet in the first seconds (forge-reference 8.1).
    says: /IndexError: list assignment index out of range/,
    kind: "infra",
    reason: "forge_error",
    message: "Forge had only just started and was not ready.",
  },
  {
    says: /shapes cannot be multiplied|size of tensor a .+ must match|Sizes of tensors must match|expected input\S* .+ channels/,
    kind: "user",
    reason: "invalid_job",
    message:
      "Parts of this job do not fit together: choose LoRA, ControlNet, refiner and modules made for the same kind of model as the checkpoint.",
  },
  {
    says: /ZeroDivisionError|IndexError: list index out of range|number of steps must be non-negative|negative dimension|Kernel size can't be greater|Overflow when unpacking|Dimension out of range/,
    kind: "user",
    reason: "invalid_job",
    message:
      "Forge cannot work with one of the numbers of this job. Check its size, steps, batch, seed and script arguments.",
    quotes: true,
  },
  {
    says: /invalid literal for int|could not convert string to float|unsupported operand type\(s\) for .*'str'|not supported between instances of '(?:str' and|\w+' and 'str')|can't multiply sequence/,
    kind: "user",
    reason: "invalid_job",
    message: "One of the settings or script arguments of this job must be a number and is none.",
    quotes: true,
  },
  {
    says: /bad number of images passed/,
    kind: "user",
    reason: "invalid_job",
    field: "img2img",
    message: "Forge was given more input pictures than the batch has.",
  },
  {
    says: /NansException|tensor with (?:all )?NaNs/,
    kind: "user",
    reason: "forge_error",
    message:
      "The model gave invalid numbers (NaN) instead of a picture. Another VAE or a lower CFG scale may help.",
    owner: "Starting Forge with --vae-in-fp32 helps where the VAE is to blame.",
  },
  {
    says: /CUDA error|cuDNN error|CUBLAS_STATUS|HIP error|device-side assert|illegal memory access/i,
    kind: "infra",
    reason: "forge_error",
    message: "The server's graphics card failed in the middle of the job.",
    owner: "Restart Forge if this comes again.",
    quotes: true,
  },
  {
    says: /No space left on device/,
    kind: "infra",
    reason: "forge_error",
    message: "The server's disk is full.",
    owner: "Free some space on the disk that Forge writes to.",
  },
  {
    says: /FileNotFoundError|No such file or directory/,
    kind: "infra",
    reason: "forge_error",
    message: "A file that Forge needs for this job is not there any more.",
    owner: "Refresh the lists in Forge.",
    quotes: true,
  },
  {
    says: /ResponseValidationError/,
    kind: "infra",
    reason: "forge_error",
    message: "Forge could not put its answer into form.",
    owner: "This is a fault of Forge or of one of its extensions; an update may help.",
  },
  {
    says: /KeyError: '([\w -]{1,100})'/,
    kind: "infra",
    reason: "forge_error",
    message: (name) => `Forge does not know "${name}", which this job needs.`,
    owner: "An update of Forge or of its extensions may help.",
  },
  {
    says: /error parsing the body/,
    kind: "infra",
    reason: "forge_error",
    message: "The request reached Forge damaged.",
  },
];
