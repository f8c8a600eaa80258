import type { InputName } from "../input-pictures.ts";
import type { Lab } from "../lab.ts";
import type { Need } from "../needs.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a job is written with: this Forge's names, and an input picture as either side takes it. */
export interface Words {
  readonly lab: Lab;
  /** `{upload_id}`, as the queue takes a picture. */
  upload(name: InputName): { readonly upload_id: string };
  /** Base64, as Forge takes a picture. */
  base64(name: InputName): string;
}

/** One job in two tongues. */
export interface Job {
  /** `generation_params`, beside those of `QUEUED`. */
  readonly queued: (words: Words) => Fields;
  /**
   * The body for Forge itself, beside the fields of `DIRECT` and `DIRECT_OVERRIDES`, written by hand from forge-reference 1.4 to
   * 1.7. Nothing of the agent's builder may be used for it.
   */
  readonly direct: (words: Words) => Fields;
}

/** A job whose picture must be the one that Forge draws when it is asked directly. */
export interface Row extends Job {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Its picture depends on the job before it as well (forge-reference 1.5). */
  readonly isFromPicture?: true;
}

/** What a queued job holds unless its row says otherwise. */
export const QUEUED = {
  positive_prompt: "a red cube",
  seed: 1,
  steps: 2,
  width: 64,
  height: 64,
  cfg_scale: 7,
  sampler_name: "Euler",
  scheduler: "Automatic",
} as const;

/** The same for Forge. Fields that are not here have the right value by the API's own default. */
export const DIRECT = {
  prompt: "a red cube",
  negative_prompt: "",
  seed: 1,
  steps: 2,
  width: 64,
  height: 64,
  cfg_scale: 7,
  sampler_name: "Euler",
  scheduler: "Automatic",
  // Null would mean the owner's options.
  restore_faces: false,
  tiling: false,
} as const;

/** What the queue promises whatever the owner has selected: its own default. */
export const DIRECT_OVERRIDES = { CLIP_stop_at_last_layers: 1 } as const;
