import type { ForgeConnection } from "../forge-api/forge/connection.ts";
import { findFlavour } from "../forge-api/forge/flavour.ts";
import { demandIdle, RefusedForge } from "../forge-api/forge/idle.ts";
import { startBox } from "./box.ts";
import { drawInputs, type InputName } from "./input-pictures.ts";
import { readLab } from "./lab.ts";
import { noteOptions, type OwnOptions } from "./options.ts";
import type { Run } from "./table.ts";

/**
 * Looks at a Forge and remembers its options. Rejects with `RefusedForge`, having changed nothing, when it
 * is no Forge, is busy, still starts or does not take the login.
 */
export async function openForge(forge: ForgeConnection): Promise<OwnOptions> {
  const flavour = await findFlavour(forge);
  if (!flavour.hasApi || !flavour.hasPage) {
    throw new RefusedForge("This Forge needs --api, and its page: start it without --nowebui.");
  }
  await demandIdle(forge, flavour.hasPage);
  return noteOptions(forge);
}

/** Starts queue and agent beside a Forge and finds out what it has. Whoever opened a run stops its box. */
export async function openRun(
  forge: ForgeConnection,
  login: string | null,
  options: OwnOptions,
): Promise<Run> {
  const lab = await readLab(forge);
  await options.restore();
  const inputs = await drawInputs();
  const box = await startBox({ url: forge.url, login }, inputs);
  const words = {
    lab,
    upload: (name: InputName) => ({ upload_id: box.uploads[name] }),
    base64: (name: InputName) => inputs[name].toString("base64"),
  };
  return { forge, lab, box, options, words };
}
