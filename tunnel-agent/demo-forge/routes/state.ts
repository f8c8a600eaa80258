import { encodePicture } from "../encode.ts";
import type { Output } from "../finish-pictures.ts";
import type { Forge } from "../forge.ts";
import { noteInterrupt } from "../job-record.ts";
import type { Pixels } from "../picture/pixels.ts";
import { openPixels } from "../picture/render.ts";
import {
  computeEta,
  computeGlobalProgress,
  computeShare,
  describeState,
  refreshPreview,
} from "../progress.ts";
import { PROGRESS_FIELDS, type ValuesOf } from "../request-fields.ts";
import { validateBody } from "../validation.ts";
import { type Call, type Route, route, routeWithBody } from "./route.ts";

/** What runs, what waits, and the two buttons that hit whoever is running. */
export const STATE_ROUTES: Route[] = [
  route("GET /internal/ping", () => ({})),
  route("GET /internal/pending-tasks", ({ tasks }) => {
    const pending = tasks.listPending();
    return { size: pending.length, tasks: pending };
  }),
  routeWithBody("/internal/progress", (json) => validateBody(json, PROGRESS_FIELDS), describeTask, {
    schema: "ProgressRequest",
  }),
  route("GET /sdapi/v1/progress", describeProgress),
  route("POST /sdapi/v1/interrupt", ({ progress, jobs, clock }) => {
    progress.interrupted = true;
    noteInterrupt(jobs, clock.now());
    return {};
  }),
  route("POST /sdapi/v1/skip", ({ progress }) => {
    progress.skipped = true;
    return null;
  }),
  route("POST /sdapi/v1/unload-checkpoint", ({ memory }) => {
    memory.moveOut();
    return {};
  }),
];

async function describeTask(forge: Forge, { body }: Call<ValuesOf<typeof PROGRESS_FIELDS>>) {
  const { progress, tasks, clock } = forge;
  const { active, queued, completed } = tasks.describe(body.id_task);
  const state = { active, queued, completed };
  if (!active) {
    const pending = tasks.listPending();
    const place = queued ? pending.indexOf(body.id_task ?? "") + 1 : 0;
    const textinfo = queued ? `In queue: ${place}/${pending.length}` : "Waiting...";
    return { ...state, ...NOT_RUNNING, textinfo };
  }
  const figures = { progress: computeShare(progress), eta: computeEta(progress, clock.now()) };
  const isWanted = body.live_preview && (await refreshLivePreview(forge));
  const isNew =
    isWanted && progress.preview !== null && progress.previewId !== body.id_live_preview;
  const preview = isNew ? await encodePreview(forge) : null;
  return {
    ...state,
    ...figures,
    live_preview: preview,
    id_live_preview: preview === null ? body.id_live_preview : progress.previewId,
    textinfo: null,
  };
}

const NOT_RUNNING = { progress: null, eta: null, live_preview: null, id_live_preview: -1 };

async function describeProgress(forge: Forge, { query }: Call<unknown>) {
  const { progress, clock, options } = forge;
  const figures = computeGlobalProgress(progress, clock.now());
  const state = describeState(progress);
  const isShown = (await refreshLivePreview(forge)) && query("skip_current_image") !== "true";
  const image =
    isShown && progress.preview && progress.jobCount !== 0
      ? (await encodePicture(showPreview(progress.preview), options)).toString("base64")
      : null;
  return { ...figures, state, current_image: image, textinfo: null };
}

// Whether previews are on at all; draws one when it is due.
async function refreshLivePreview({ progress, options }: Forge): Promise<boolean> {
  const everySteps = Number(options.get("show_progress_every_n_steps"));
  if (options.get("live_previews_enable") === false || everySteps < 0) return false;
  await refreshPreview(progress, Math.max(1, everySteps));
  return true;
}

function showPreview(pixels: Pixels): Output {
  return { pixels, alpha: null, text: null };
}

async function encodePreview({ progress, options }: Forge): Promise<string | null> {
  if (progress.preview === null) return null;
  const format = options.get("live_previews_image_format") === "jpeg" ? "jpeg" : "png";
  const bytes = await openPixels(progress.preview).toFormat(format).toBuffer();
  return `data:image/${format};base64,${bytes.toString("base64")}`;
}
