import { isObject } from "../forge-api/compare/difference.ts";
import type { ForgeConnection } from "../forge-api/forge/connection.ts";
import { RefusedForge } from "../forge-api/forge/idle.ts";
import {
  chooseStyles,
  findByName,
  rankOthers,
  readCheckpoints,
  readLoras,
} from "../forge-api/forge/names.ts";
import { drawInputs } from "../forge-jobs/input-pictures.ts";
import type { Lab } from "./cases/case.ts";
import type { Need } from "./needs.ts";

/** Finds out by its lists what a Forge has for the cases. Draws nothing. */
export async function readLab(forge: ForgeConnection): Promise<Lab> {
  const checkpoints = readCheckpoints(await forge.read("/sdapi/v1/sd-models"));
  const options = await forge.read("/sdapi/v1/options");
  const chosen = isObject(options) ? options.sd_model_checkpoint : undefined;
  const main = findByName(checkpoints, chosen);
  if (!main) throw new RefusedForge("This Forge has no checkpoint: give it one.");
  const [other] = rankOthers(checkpoints, main);
  const [lora] = readLoras(await forge.read("/sdapi/v1/loras"));
  const styles = chooseStyles(await forge.read("/sdapi/v1/prompt-styles"));
  const has: Record<Need, boolean> = {
    other: other !== undefined,
    lora: lora !== undefined,
    styles: styles !== null,
  };
  return {
    lacks: new Set((Object.keys(has) as Need[]).filter((need) => !has[need])),
    main: main.title,
    other: other?.title ?? "",
    otherBase: other?.base ?? "",
    lora: lora?.name ?? "",
    styles: styles?.map(({ name }) => name) ?? [],
    pictures: await drawInputs(),
  };
}

/** Forge's version as it writes it under each picture, and Gradio's, which its page is made with. */
export async function readVersions(
  forge: ForgeConnection,
  infotext: string | undefined,
): Promise<{ readonly forge: string; readonly gradio: string }> {
  const { body } = await forge.send({ method: "GET", path: "/config" });
  const gradio = isObject(body) ? String(body.version) : "unknown";
  return { forge: /\bVersion: ([\w.+-]+)/.exec(infotext ?? "")?.[1] ?? "unknown", gradio };
}
