import {
  Catalogue,
  type Hello,
  LIMITS,
  NEVER_QUEUED_SCRIPTS,
  PAGE_ONLY_SCRIPTS,
} from "@mobilesd/contract";
import * as z from "zod";
import type { ForgeClient } from "./client.ts";
import { readGpuMemory } from "./memory.ts";
import type { StylePrompt } from "./host.ts";

/** A list of Forge could not be read; the catalogue would be wrong without it. */
export class ListUnreadableError extends Error {
  override readonly name = "ListUnreadableError";
}

const Checkpoints = z.array(
  z.object({
    title: z.string(),
    filename: z.string(),
    hash: z.string().nullable(),
    sha256: z.string().nullable(),
  }),
);
const Named = z.array(z.object({ name: z.string() }));
const Schedulers = z.array(z.object({ name: z.string(), label: z.string() }));
const Modules = z.array(z.object({ model_name: z.string() }));
const Loras = z.array(z.object({ name: z.string(), alias: z.string().nullish() }));
const Embeddings = z.object({ loaded: z.record(z.string(), z.unknown()) });
const Styles = z.array(
  z.object({
    name: z.string(),
    prompt: z.string().nullable(),
    negative_prompt: z.string().nullish(),
  }),
);
const ControlNetModels = z.object({ model_list: z.array(z.string()) });
const ControlNetModules = z.object({ module_list: z.array(z.string()) });
const Scripts = z.array(
  z.object({
    name: z.string(),
    is_alwayson: z.boolean(),
    is_img2img: z.boolean(),
    args: z.array(z.object({ label: z.string().nullish() })),
  }),
);

async function list<S extends z.ZodType>(
  forge: ForgeClient,
  path: string,
  schema: S,
): Promise<z.output<S>> {
  const answer = await forge.get(path);
  const parsed = schema.safeParse(answer.body);
  if (answer.status === 200 && parsed.success) return parsed.data;
  throw new ListUnreadableError(`Forge answered ${path} with status ${answer.status}`);
}

/** The same for what an extension brings: null where Forge runs without it. */
async function listOfExtension<S extends z.ZodType>(
  forge: ForgeClient,
  path: string,
  schema: S,
): Promise<z.output<S> | null> {
  const answer = await forge.get(path);
  if (answer.status === 404) return null;
  const parsed = schema.safeParse(answer.body);
  if (answer.status === 200 && parsed.success) return parsed.data;
  throw new ListUnreadableError(`Forge answered ${path} with status ${answer.status}`);
}

const HASH_IN_TITLE = / \[[0-9a-f]{10}\]$/;

/** Forge's `name_for_extra`: the last part of the file's path without its ending. */
function basenameOf(name: string): string {
  const file = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const dot = file.lastIndexOf(".");
  return dot > 0 ? file.slice(0, dot) : file;
}

/** A title is the name, with a hash behind it from the first load on (forge-reference 1.6.4). */
function toCheckpoint({ title, hash, sha256 }: z.infer<typeof Checkpoints>[number]) {
  const name = title.replace(HASH_IN_TITLE, "");
  return { name, basename: basenameOf(name), hash, sha256 };
}

const names = (rows: readonly { name: string }[]) => rows.map((row) => row.name);

/** A catalogue, and how many rows of it were left out because no job could name them. */
export interface ReadCatalogue {
  readonly catalogue: Catalogue;
  readonly droppedCount: number;
  /** Where Forge says that each checkpoint's file lies. Stays on this box. */
  readonly checkpointPaths: ReadonlyMap<string, string>;
  readonly stylePrompts: ReadonlyMap<string, StylePrompt>;
}

function toStylePrompts(styles: z.infer<typeof Styles>): ReadonlyMap<string, StylePrompt> {
  const rows = styles.map(
    ({ name, prompt, negative_prompt }) =>
      [name, { prompt: prompt ?? "", negative_prompt: negative_prompt ?? "" }] as const,
  );
  return new Map(rows);
}

/** Whether a job may name a script: of the selectable ones, those that the owner of the box allows. */
function isAllowed(allowed: readonly string[], script: z.infer<typeof Scripts>[number]): boolean {
  if (script.is_alwayson) return !PAGE_ONLY_SCRIPTS.includes(script.name);
  return !NEVER_QUEUED_SCRIPTS.has(script.name) && allowed.includes(script.name);
}

/** What Forge has, row by row as the queue takes it: one odd name must not cost all the others. */
function fit(
  given: Record<keyof Catalogue, readonly unknown[]>,
): Pick<ReadCatalogue, "catalogue" | "droppedCount"> {
  let droppedCount = 0;
  const lists = Object.entries(Catalogue.shape).map(([kind, schema]) => {
    const rows = given[kind as keyof Catalogue];
    const kept = rows.filter((row) => schema.element.safeParse(row).success);
    const cut = kept.slice(0, LIMITS.catalogueNamesMax);
    droppedCount += rows.length - cut.length;
    return [kind, cut];
  });
  return { catalogue: Catalogue.parse(Object.fromEntries(lists)), droppedCount };
}

/**
 * Reads all that a Forge has, in its own spelling; of the selectable scripts only those in `allowedScripts`
 * (titles in lower case).
 * Throws `ListUnreadableError`, and `ForgeUnreachableError` when it goes away meanwhile.
 */
export async function readCatalogue(
  forge: ForgeClient,
  allowedScripts: readonly string[],
): Promise<ReadCatalogue> {
  const checkpoints = await list(forge, "/sdapi/v1/sd-models", Checkpoints);
  const samplers = await list(forge, "/sdapi/v1/samplers", Named);
  const schedulers = await list(forge, "/sdapi/v1/schedulers", Schedulers);
  const modules = await list(forge, "/sdapi/v1/sd-modules", Modules);
  const loras = await list(forge, "/sdapi/v1/loras", Loras);
  const embeddings = await list(forge, "/sdapi/v1/embeddings", Embeddings);
  const upscalers = await list(forge, "/sdapi/v1/upscalers", Named);
  const latentModes = await list(forge, "/sdapi/v1/latent-upscale-modes", Named);
  const styles = await list(forge, "/sdapi/v1/prompt-styles", Styles);
  const scripts = await list(forge, "/sdapi/v1/script-info", Scripts);
  const models = await listOfExtension(forge, "/controlnet/model_list", ControlNetModels);
  const preprocessors = await listOfExtension(forge, "/controlnet/module_list", ControlNetModules);
  const known = checkpoints.map((row) => ({ row, checkpoint: toCheckpoint(row) }));
  const paths = known.map(({ row, checkpoint }) => [checkpoint.name, row.filename] as const);
  const runnable = scripts.filter((script) => isAllowed(allowedScripts, script));
  const kept = fit({
    checkpoints: known.map(({ checkpoint }) => checkpoint),
    samplers: names(samplers),
    schedulers: schedulers.map(({ name, label }) => ({ name, label })),
    modules: modules.map((module) => module.model_name),
    loras: loras.map(({ name, alias }) => ({ name, alias: alias || name })),
    embeddings: Object.keys(embeddings.loaded),
    upscalers: names(upscalers),
    latent_upscale_modes: names(latentModes),
    // A row without a prompt is the line that separates two style files.
    styles: names(styles.filter((style) => style.prompt !== null)),
    controlnet_models: models?.model_list ?? [],
    controlnet_modules: preprocessors?.module_list ?? [],
    scripts: runnable.map(({ name, is_alwayson, is_img2img, args }) => ({
      name,
      is_alwayson,
      is_img2img,
      arg_labels: args.map(({ label }) => label?.slice(0, LIMITS.argLabelCharsMax) ?? null),
    })),
  });
  return { ...kept, checkpointPaths: new Map(paths), stylePrompts: toStylePrompts(styles) };
}

const OpenApi = z.object({
  info: z.object({ title: z.string() }),
  paths: z.record(z.string(), z.unknown()),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

/** Which Forge this is, by what it can do: it has no route that says so (forge-reference 2.4). */
export function detectFlavour(openApi: unknown): Hello["forge"]["flavour"] {
  const parsed = OpenApi.safeParse(openApi);
  if (!parsed.success) return "unknown";
  const { info, paths, components } = parsed.data;
  if (info.title.startsWith("Demo Forge")) return "demo";
  if (!("/sdapi/v1/sd-modules" in paths)) return "unknown";
  const img2img = JSON.stringify(components.schemas.StableDiffusionProcessingImg2Img ?? {});
  return img2img.includes("mask_blur_x") ? "forge" : "neo";
}

/** What `hello` says of the box. The version stands only in what Forge generates, so it is unknown here. */
export async function readFacts(forge: ForgeClient): Promise<Pick<Hello, "forge" | "gpu">> {
  const openApi = await forge.get("/openapi.json");
  const memory = await readGpuMemory(forge);
  return {
    forge: { flavour: detectFlavour(openApi.body), version: null },
    gpu: { name: null, vram_bytes: memory?.totalBytes ?? null },
  };
}
