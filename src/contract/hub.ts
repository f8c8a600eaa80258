import * as z from "zod";
import { RunPhase } from "./events.ts";
import { JobId } from "./ids.ts";
import { LIMITS } from "./limits.ts";
import { ServerMode } from "./server.ts";

/**
 * The socket between an agent and the hub of its server. Everything on it is a hint: whatever gets lost is
 * found by a claim, a heartbeat or a status. The agent sends `HUB_PING` as a text of its own and hears
 * `HUB_PONG`, which the platform answers without waking the hub.
 */
export const HUB_PING = "ping";
export const HUB_PONG = "pong";

/** Why a hub closes a socket, as WebSocket close codes of our own (RFC 6455 leaves 4000–4999 to us). */
export const HUB_CLOSE = {
  /** A newer session of this agent took over; this one ends. */
  superseded: 4001,
  /** The same session has a newer socket. */
  replaced: 4002,
  /** Connect again: the credentials are to be looked at anew. */
  expired: 4003,
  /** What was sent is no message of this interface. */
  unreadable: 4004,
} as const;

/** What the hub says to its agent. */
export const HubMessage = z.discriminatedUnion("type", [
  /** There may be something to claim. */
  z.object({ type: z.literal("work") }),
  /** A job that this agent holds is wanted no more. */
  z.object({ type: z.literal("cancel"), mobilesd_job_id: JobId, epoch: z.int() }),
  z.object({ type: z.literal("mode"), mode: ServerMode }),
  /** Take the model out of the GPU's memory as soon as nothing runs. `at`: the `unload_requested_at` of this order. */
  z.object({ type: z.literal("unload"), at: z.string() }),
  /** A newer session of this agent took over. */
  z.object({ type: z.literal("superseded") }),
  /** Told when the first comes or the last goes: previews are asked of Forge only while somebody watches. */
  z.object({ type: z.literal("watchers"), count: z.int().min(0) }),
]);
export type HubMessage = z.infer<typeof HubMessage>;

const ofRun = {
  mobilesd_job_id: JobId,
  epoch: z.int().min(1),
  /** Counted by the agent over all messages of this lease, from 1. */
  n: z.int().min(1),
};

export const ForgeState = z.enum(["ready", "busy", "working", "starting", "absent", "unusable"]);
export type ForgeState = z.infer<typeof ForgeState>;

/** What an agent says to its hub, which knows of no more: fields of a newer agent are passed over. */
export const AgentMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("progress"),
    ...ofRun,
    progress: z.int().min(0).max(99),
    phase: RunPhase,
    /** Milliseconds until the run should end; null while that cannot be told. */
    remaining_ms: z.number().min(0).nullable(),
  }),
  z.object({
    type: z.literal("preview"),
    ...ofRun,
    index: z.int().min(0).max(LIMITS.imagesPerJobMax),
    width: z.int().min(1).max(LIMITS.livePreviewSidePixels),
    height: z.int().min(1).max(LIMITS.livePreviewSidePixels),
    webp: z.base64().max(LIMITS.livePreviewCharsMax),
  }),
  /** How the box is, whenever that changes. */
  z.object({
    type: z.literal("box"),
    forge: ForgeState,
    free_vram_bytes: z.number().min(0).nullable(),
    loaded_checkpoint: z.string().max(LIMITS.forgeNameCharsMax).nullable(),
  }),
]);
export type AgentMessage = z.infer<typeof AgentMessage>;
