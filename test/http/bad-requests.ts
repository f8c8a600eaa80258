import { LIMITS } from "@mobilesd/contract";

/** Stands in every good prompt: nothing of it may come out again. */
export const CANARY = "canary-prompt-of-the-user";

const field = (name: string) => `generation_params.${name}`;
const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** Builds a request that is good but for these parameters and fields. */
type JobWith = (params: object, more?: object) => string;

export type BadRequest = [
  body: (jobWith: JobWith) => string,
  status: number,
  code: string,
  field: string,
  limit?: number | string | undefined,
];

/** What is sent, then: status, code, the field that is named and the limit, where there is one. */
export const BAD_REQUESTS: Record<string, BadRequest> = {
  "a number as text": [
    (jobWith) => jobWith({ steps: "20" }),
    400,
    "invalid_request",
    field("steps"),
  ],
  "a fraction of a step": [
    (jobWith) => jobWith({ steps: 1.5 }),
    400,
    "invalid_request",
    field("steps"),
  ],
  "a null": [(jobWith) => jobWith({ width: null }), 400, "invalid_request", field("width")],
  NaN: [
    (jobWith) => jobWith({ cfg_scale: 0 }).replace('"cfg_scale":0', '"cfg_scale":NaN'),
    400,
    "invalid_request",
    "body",
  ],
  infinity: [
    (jobWith) => jobWith({ cfg_scale: 0 }).replace('"cfg_scale":0', '"cfg_scale":1e999'),
    400,
    "invalid_request",
    field("cfg_scale"),
  ],
  "a negative number": [
    (jobWith) => jobWith({ steps: -1 }),
    400,
    "invalid_request",
    field("steps"),
    1,
  ],
  "too many steps": [
    (jobWith) => jobWith({ steps: 151 }),
    400,
    "invalid_request",
    field("steps"),
    150,
  ],
  "a side too long": [
    (jobWith) => jobWith({ width: 4104 }),
    400,
    "invalid_request",
    field("width"),
    4096,
  ],
  "a side that Forge would cut": [
    (jobWith) => jobWith({ width: 65 }),
    400,
    "invalid_request",
    field("width"),
    8,
  ],
  "too large a batch": [
    (jobWith) => jobWith({ batch_size: 17 }),
    400,
    "invalid_request",
    field("batch_size"),
    16,
  ],
  "more pictures than one job may have": [
    (jobWith) => jobWith({ batch_size: 16, n_iter: 5 }),
    400,
    "invalid_request",
    field("n_iter"),
    LIMITS.imagesPerJobMax,
  ],
  "a priority that is none": [
    (jobWith) => jobWith({}, { priority: 0 }),
    400,
    "invalid_request",
    "priority",
    1,
  ],
  "an unknown field": [
    (jobWith) => jobWith({ script_name: "x" }),
    400,
    "invalid_request",
    field("script_name"),
  ],
  "an unknown field at the top": [
    (jobWith) => jobWith({}, { epoch: 5 }),
    400,
    "invalid_request",
    "epoch",
  ],
  "a field named __proto__": [
    (jobWith) => jobWith({}).replace("{", '{"__proto__":{"x":1},'),
    400,
    "invalid_request",
    "__proto__",
  ],
  "a prompt too long": [
    (jobWith) => jobWith({ positive_prompt: "x".repeat(LIMITS.promptCharsMax + 1) }),
    400,
    "invalid_request",
    field("positive_prompt"),
    LIMITS.promptCharsMax,
  ],
  "a prompt with a NUL": [
    (jobWith) => jobWith({ positive_prompt: "a\0b" }),
    400,
    "invalid_request",
    field("positive_prompt"),
  ],
  "half a character": [
    (jobWith) => jobWith({}).replace(CANARY, "\\ud800"),
    400,
    "invalid_request",
    field("positive_prompt"),
  ],
  "a megabyte of prompt": [
    (jobWith) => jobWith({ positive_prompt: "x".repeat(1_000_000) }),
    413,
    "body_too_large",
    "body",
    LIMITS.jsonBodyBytesMax,
  ],
  "deep nesting": [
    (jobWith) => jobWith({}, { tags: JSON.parse(deep(40)) }),
    400,
    "invalid_request",
    "body",
    LIMITS.jsonDepthMax,
  ],
  "half a million brackets": [
    () => deep(400_000),
    400,
    "invalid_request",
    "body",
    LIMITS.jsonDepthMax,
  ],
  "broken JSON": [(jobWith) => jobWith({}).slice(0, -1), 400, "invalid_request", "body"],
  nothing: [() => "", 400, "invalid_request", "body"],
  "a list": [() => "[]", 400, "invalid_request", "body"],
  "a bare null": [() => "null", 400, "invalid_request", "body"],
  "an alias nobody has": [
    (jobWith) => jobWith({}, { target_server_alias: "nobody" }),
    400,
    "unknown_server",
    "target_server_alias",
  ],
  "any server": [
    (jobWith) => jobWith({}, { target_server_alias: "any" }),
    400,
    "not_built",
    "target_server_alias",
  ],
  "an unknown sampler": [
    (jobWith) => jobWith({ sampler_name: "Euler A" }),
    400,
    "unknown_name",
    field("sampler_name"),
  ],
  "an unknown checkpoint": [
    (jobWith) => jobWith({ checkpoint_name: "CyberrealisticPony" }),
    400,
    "unknown_name",
    field("checkpoint_name"),
  ],
  "a basename that two files share": [
    (jobWith) => jobWith({ checkpoint_name: "twin" }),
    400,
    "ambiguous_name",
    field("checkpoint_name"),
  ],
  "an unknown scheduler": [
    (jobWith) => jobWith({ scheduler_or_quality_preset: "Carras" }),
    400,
    "unknown_name",
    field("scheduler_or_quality_preset"),
  ],
  "two schedulers that differ": [
    (jobWith) => jobWith({ scheduler: "SGM Uniform" }),
    400,
    "invalid_request",
    field("scheduler_or_quality_preset"),
  ],
  "an unknown style": [
    (jobWith) => jobWith({ styles: ["lab style one", "none"] }),
    400,
    "unknown_name",
    field("styles"),
  ],
  "an unknown upload": [
    (jobWith) => jobWith({ img2img: { init_image: { upload_id: `upl_${"a".repeat(22)}` } } }),
    400,
    "unknown_upload",
    field("img2img.init_image"),
  ],
  "a URL as a picture": [
    (jobWith) => jobWith({ img2img: { init_image: "http://127.0.0.1/" } }),
    400,
    "invalid_request",
    field("img2img.init_image"),
  ],
  "a field that nothing runs yet": [
    (jobWith) => jobWith({ upscale: { upscaler: "Lanczos", scale: 2 } }),
    400,
    "not_built",
    field("upscale"),
  ],
  "a setting beyond those that change a picture": [
    (jobWith) => jobWith({ settings: { samples_format: "jpg" } }),
    400,
    "invalid_request",
    field("settings.samples_format"),
  ],
  "a setting with a value that Forge does not offer": [
    (jobWith) => jobWith({ settings: { emphasis: "none" } }),
    400,
    "invalid_request",
    field("settings.emphasis"),
  ],
  "a webhook": [
    (jobWith) => jobWith({}, { webhook_url: "https://example.com/hook" }),
    400,
    "not_built",
    "webhook_url",
  ],
  "a start in the past": [
    (jobWith) => jobWith({}, { start_by: "2020-01-01T00:00:00Z" }),
    400,
    "invalid_request",
    "start_by",
    "2026-11-02T12:00:00.000Z",
  ],
  "two deadlines": [
    (jobWith) => jobWith({}, { start_by: "2027-01-01T00:00:00Z", ttl_seconds: 5 }),
    400,
    "invalid_request",
    "ttl_seconds",
  ],
  "a date that is none": [
    (jobWith) => jobWith({}, { not_before: "tomorrow" }),
    400,
    "invalid_request",
    "not_before",
  ],
  "an infotext beside the parameters": [
    (jobWith) => jobWith({}, { generation_info_raw: "a" }),
    400,
    "invalid_request",
    "generation_params",
  ],
};
