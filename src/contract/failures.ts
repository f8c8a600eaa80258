import * as z from "zod";
import { LIMITS } from "./limits.ts";

/** Why a run gave no result, in one word. Each is also a `status_reason`. */
export const FailureReason = z.enum([
  /** Something in the request that no server can run. */
  "invalid_job",
  /** A name that is not on this server's lists. */
  "missing_name",
  /** The checkpoint brings no VAE or text encoders, and the job names none. */
  "modules_missing",
  /** Forge cannot read the model's file. */
  "bad_model_file",
  /** The arguments of a script are not those that this server's version takes. */
  "script_changed",
  /** An input picture that cannot be read. */
  "bad_image",
  /** A mask that leaves nothing to repaint: Forge would repaint all. */
  "blank_mask",
  /** The server saves pictures in a format that Forge's API cannot hand over. */
  "unsupported_format",
  "wrong_model",
  /** Something that was asked for was dropped on the way, as the answer shows. */
  "not_as_asked",
  "incomplete_result",
  "oom",
  "forge_error",
  "forge_login",
  "forge_hung",
  "forge_unreachable",
  "agent_lost",
]);
export type FailureReason = z.infer<typeof FailureReason>;

export const WarningCode = z.enum([
  /** A side that is no multiple of 8 was cut down to one. */
  "size_rounded",
  /** The prompt names an embedding that this model did not use. */
  "embedding_unused",
  /** A Forge that hashes its files names no LoRA in its answer, though the prompt calls some. */
  "lora_unproven",
  /** The refiner takes over behind the last step, or is the checkpoint itself. */
  "refiner_unused",
  /** A script that was switched on left no trace in the answer. */
  "script_silent",
  /** A script of an extension made another number of pictures, or used another seed or size. */
  "changed_by_script",
  /** Pictures carry no infotext to tell results by, so that their order alone does. */
  "order_unproven",
]);
export type WarningCode = z.infer<typeof WarningCode>;

/** What a completed job is not, although its pictures are the ones asked for. */
export const JobWarning = z.strictObject({
  code: WarningCode,
  message: z.string().max(LIMITS.errorMessageCharsMax),
  /** The field of the request that it is about, where there is one. */
  field: z.string().max(LIMITS.fieldCharsMax).optional(),
});
export type JobWarning = z.infer<typeof JobWarning>;
