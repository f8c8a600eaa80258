import * as z from "zod";
import { FailureReason, JobWarning } from "./failures.ts";
import { ResolvedParams } from "./generation-params.ts";
import { JobId, Sha256Hex } from "./ids.ts";
import { DURATIONS, LIMITS } from "./limits.ts";
import { ServerMode } from "./server.ts";

/** The version of the agent's interface, sent as `MobileSD-Wire`. */
export const WIRE_VERSION = "1";

export const HEADERS = {
  wire: "MobileSD-Wire",
  session: "MobileSD-Session",
  epoch: "MobileSD-Epoch",
  leaseToken: "MobileSD-Lease-Token",
  sha256: "MobileSD-Sha256",
} as const;

const Name = z.string().min(1).max(LIMITS.forgeNameCharsMax);
const Names = z.array(Name).max(LIMITS.catalogueNamesMax);

/** What a Forge has, in Forge's own spelling; paths of the host never leave it. */
export const Catalogue = z.strictObject({
  checkpoints: z
    .array(
      z.strictObject({
        /** Relative to the models folder, with the host's own separator. */
        name: Name,
        /** The last part without its ending: the portable alias (Forge: `name_for_extra`). */
        basename: Name,
        /** Ten hexadecimal digits, once Forge has hashed the file. */
        hash: z.string().max(64).nullable(),
        sha256: z.string().max(64).nullable(),
      }),
    )
    .max(LIMITS.catalogueNamesMax),
  samplers: Names,
  schedulers: z.array(z.strictObject({ name: Name, label: Name })).max(LIMITS.catalogueNamesMax),
  modules: Names,
  loras: z.array(z.strictObject({ name: Name, alias: Name })).max(LIMITS.catalogueNamesMax),
  embeddings: Names,
  upscalers: Names,
  latent_upscale_modes: Names,
  styles: Names,
  /** Models and preprocessors of ControlNet, "None" among them; empty where it is not installed. */
  controlnet_models: Names,
  controlnet_modules: Names,
  /** Always-on ones, and of the selectable ones those that this box lets the queue run. */
  scripts: z
    .array(
      z.strictObject({
        name: Name,
        is_alwayson: z.boolean(),
        is_img2img: z.boolean(),
        arg_labels: z.array(z.string().max(LIMITS.argLabelCharsMax).nullable()).max(2_000),
      }),
    )
    .max(2_000),
});
export type Catalogue = z.infer<typeof Catalogue>;

const durationShape = Object.fromEntries(
  Object.keys(DURATIONS).map((name) => [name, z.number().positive()]),
) as Record<keyof typeof DURATIONS, z.ZodNumber>;

export const Hello = z.strictObject({
  agent_version: z.string().max(50),
  forge: z.strictObject({
    flavour: z.enum(["forge", "neo", "demo", "unknown"]),
    version: z.string().max(100).nullable(),
  }),
  gpu: z.strictObject({ name: z.string().max(200).nullable(), vram_bytes: z.number().nullable() }),
  catalogue_sha256: Sha256Hex.nullable(),
});
export type Hello = z.infer<typeof Hello>;

/** What the owner of a server last told it. */
export const ServerOrders = z.object({
  mode: ServerMode,
  /** When it was last told to unload its model; null when it never was. Another value than before is a new order. */
  unload_requested_at: z.string().nullable(),
});
export type ServerOrders = z.infer<typeof ServerOrders>;

export const HelloAnswer = z.object({
  session_id: z.string(),
  server_alias: z.string(),
  server_time: z.string(),
  /** Whether the Worker lacks the catalogue with the hash that `hello` gave. */
  catalogue_wanted: z.boolean(),
  durations: z.object(durationShape),
  orders: ServerOrders,
});
export type HelloAnswer = z.infer<typeof HelloAnswer>;

export const Claim = z.strictObject({
  /** Made by the agent before the first try; the same id answers the same lease. */
  claim_id: z.uuid(),
  loaded_checkpoint: Name.nullable(),
  /** 0 takes nothing and only says that the box is there: somebody else's work keeps it busy. */
  slots: z.int().min(0).max(1).default(1),
  /** Whether the agent's socket stands: then the hub knows that it is there, and no row has to. */
  is_connected: z.boolean().default(false),
});
export type Claim = z.infer<typeof Claim>;

export const LeaseGrant = z.object({
  mobilesd_job_id: JobId,
  epoch: z.int(),
  lease_token: z.string(),
  lease_ttl_ms: z.number(),
  attempt_count: z.int(),
  generation_params: ResolvedParams,
  /** The host's own name for `generation_params.checkpoint_name`, as its catalogue spells it. */
  checkpoint_name: z.string(),
});
export type LeaseGrant = z.infer<typeof LeaseGrant>;

export const ClaimAnswer = z.object({
  job: LeaseGrant.nullable(),
  /** Whether another job could be claimed right after this one. */
  has_more: z.boolean(),
  orders: ServerOrders,
});
export type ClaimAnswer = z.infer<typeof ClaimAnswer>;

/** The proof that a caller holds a job: every write to a leased job carries it. */
export const LeaseProof = z.strictObject({
  epoch: z.int().min(1),
  lease_token: z.string().max(100),
});
export type LeaseProof = z.infer<typeof LeaseProof>;

export const Start = LeaseProof.extend({ forge_task_id: z.string().min(1).max(200) });
export type Start = z.infer<typeof Start>;

export const StartAnswer = z.object({ attempt_count: z.int(), cancel: z.boolean() });

export const HeartbeatAnswer = z.object({
  cancel: z.boolean(),
  lease_ttl_ms: z.number(),
  server_time: z.string(),
});

/**
 * Why a run gave no result. `user`: the request can never work; `resource`: out of memory after one
 * try in place; `infra`: try again later; `forge_died`: Forge crashed or hung during it;
 * `interrupted`: the agent itself was cut short, which costs no attempt.
 */
export const FailureKind = z.enum(["user", "resource", "infra", "forge_died", "interrupted"]);
export type FailureKind = z.infer<typeof FailureKind>;

export const Fail = LeaseProof.extend({
  kind: FailureKind,
  reason: FailureReason,
  /** For the person who queued the job. */
  message: z.string().max(LIMITS.errorMessageCharsMax),
  /** For the owner of the box, where there is something to do there. */
  owner_message: z.string().max(LIMITS.errorMessageCharsMax).optional(),
  field: z.string().max(LIMITS.fieldCharsMax).optional(),
});
export type Fail = z.infer<typeof Fail>;

export const Release = LeaseProof.extend({ reason: z.enum(["drain", "returned", "cancelled"]) });
export type Release = z.infer<typeof Release>;

export const LeaseEnded = z.object({ status: z.string(), status_reason: z.string().nullable() });
export type LeaseEnded = z.infer<typeof LeaseEnded>;

export const ImageMime = z.enum(["image/png", "image/jpeg", "image/webp"]);
export type ImageMime = z.infer<typeof ImageMime>;

/** A stored picture, as the agent announces it; the Worker believes only what R2 holds. */
export const ManifestImage = z.strictObject({
  index: z.int().min(1).max(LIMITS.imagesPerJobMax),
  mime: ImageMime,
  bytes: z.int().min(1).max(LIMITS.imageBytesMax),
  sha256: Sha256Hex,
  width: z.int().min(1).max(65_535),
  height: z.int().min(1).max(65_535),
  seed: z.int().nullable(),
  infotext: z.string().max(LIMITS.infotextStoredCharsMax).nullable(),
  preview: z.strictObject({ bytes: z.int().min(1), sha256: Sha256Hex }).nullable(),
});
export type ManifestImage = z.infer<typeof ManifestImage>;

export const Complete = LeaseProof.extend({
  images: z.array(ManifestImage).min(1).max(LIMITS.imagesPerJobMax),
  /** What the result is not, although it is the one that was asked for. */
  warnings: z.array(JobWarning).max(LIMITS.warningsMax).default([]),
  /** Time on the GPU without the model load, and that load; from them come all estimates. */
  generation_ms: z.number().min(0),
  model_load_ms: z.number().min(0),
});
export type Complete = z.infer<typeof Complete>;

export const StoredImage = z.object({ index: z.int(), bytes: z.int(), sha256: z.string() });
export type StoredImage = z.infer<typeof StoredImage>;
