/** What people call the fields of a job, by the start of the field's name: one of the words must be there. */
const WORDS: Readonly<Record<string, RegExp>> = {
  positive_prompt: /prompt|LoRA|embedding|lora/,
  negative_prompt: /prompt|embedding/,
  checkpoint_name: /model|checkpoint/i,
  sampler_name: /sampler/,
  scheduler: /scheduler/,
  scheduler_or_quality_preset: /scheduler/,
  styles: /style/,
  modules: /VAE|text encoder|modules?/,
  clip_skip: /clip skip|CLIP/,
  subseed: /variation seed/,
  seed: /seed/,
  steps: /steps/,
  cfg_scale: /CFG|cfg/,
  n_iter: /pictures/,
  width: /\d+x\d+|width/,
  hires: /hires|upscaler|sampler|checkpoint|LoRA/i,
  refiner: /refiner|checkpoint/,
  settings: /setting|value of|server/,
  img2img: /picture|mask|img2img|resize|fill/i,
  alwayson_scripts: /ControlNet|script|argument|picture|unit|ADetailer|model/,
  script: /script|argument|plot/i,
};

const TRACE = /Traceback|\bat .+:\d+:\d+|File ".+", line \d+|\n/;
const HOST_PATH =
  /(?:^|[\s"'(=])(?:\/(?:home|opt|root|mnt|usr|tmp|Users|srv)\/|[A-Za-z]:[\\/])|DEMO_FORGE/;
const PICTURE = /[A-Za-z0-9+/=]{80,}/;
/** A sentence that comes down to a name which only Python's own people know. */
const CLASS_ALONE = /^\w*(?:Error|Exception)\b|[:.] ?\w+(?:Error|Exception)\W*$/;
const PROGRAM_WORDS = /NoneType|\bundefined\b|\[object |\bnull\b|__\w+__/;

/** What keeps a sentence from being one that its reader understands, and from naming its field. Pure. */
export function faultsOf(sentence: string, field: string | null): string[] {
  const faults: string[] = [];
  if (!/^["A-Z0-9]/.test(sentence)) faults.push("does not begin as a sentence");
  if (sentence.split(/\s+/).length < 4) faults.push("is too short to say anything");
  if (TRACE.test(sentence)) faults.push("has a stack or lines in it");
  if (HOST_PATH.test(sentence)) faults.push("tells a folder of the host");
  if (PICTURE.test(sentence)) faults.push("repeats a picture");
  if (PROGRAM_WORDS.test(sentence)) faults.push("has a word of the program's own");
  if (CLASS_ALONE.test(sentence)) faults.push("says no more than the name of an error");
  if (field !== null && !sentence.includes(field)) {
    const word = WORDS[field.split(".")[0] ?? ""];
    if (!word?.test(sentence)) faults.push(`does not say that it is about ${field}`);
  }
  return faults.map((fault) => `"${sentence}" ${fault}`);
}
