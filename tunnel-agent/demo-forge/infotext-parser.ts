const PARAMETER = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;

const PARSER_DEFAULTS: Record<string, unknown> = {
  "Clip skip": "1",
  "Hires resize-1": 0,
  "Hires resize-2": 0,
  "Hires sampler": "Use same sampler",
  "Hires schedule type": "Use same scheduler",
  "Hires checkpoint": "Use same checkpoint",
  "Hires prompt": "",
  "Hires negative prompt": "",
  "Mask mode": "Inpaint masked",
  "Masked content": "original",
  "Inpaint area": "Whole picture",
  "Masked area padding": 32,
  RNG: "GPU",
  "Schedule type": "Automatic",
  "Schedule max sigma": 0,
  "Schedule min sigma": 0,
  "Schedule rho": 0,
  "VAE Encoder": "Full",
  "VAE Decoder": "Full",
  "FP8 weight": "Disable",
  "Refiner switch by sampling steps": false,
  "Hires VAE/TE": ["Use same choices"],
};

/**
 * Reads an infotext back as POST /sdapi/v1/png-info does, its defaults included. The model is left
 * out when its name is part of the selected one's.
 */
export function parseInfotext(text: string, selected: string): Record<string, unknown> {
  const lines = text.trim().split("\n");
  let last = lines.pop() ?? "";
  if ([...last.matchAll(PARAMETER)].length < 3) {
    lines.push(last);
    last = "";
  }
  const values: Record<string, unknown> = {};
  const prompt: string[] = [];
  const negative: string[] = [];
  let target = prompt;
  for (const line of lines.map((each) => each.trim())) {
    if (line.startsWith("Negative prompt:")) target = negative;
    target.push(line.startsWith("Negative prompt:") ? line.slice(16).trim() : line);
  }
  for (const [, key = "", raw = ""] of last.matchAll(PARAMETER)) {
    const value = raw.startsWith('"') ? String(JSON.parse(raw)) : raw;
    const size = /^(\d+)x(\d+)$/.exec(value);
    if (size === null) values[key] = value;
    else Object.assign(values, { [`${key}-1`]: size[1], [`${key}-2`]: size[2] });
  }
  if (typeof values.Model === "string" && selected.includes(values.Model)) delete values.Model;
  if (values["Hires Module 1"] === "Built-in") values["Hires VAE/TE"] = [];
  values.Prompt = prompt.join("\n");
  values["Negative prompt"] = negative.join("\n");
  return { ...PARSER_DEFAULTS, ...values };
}
