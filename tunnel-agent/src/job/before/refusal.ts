import type { FailureReason } from "@mobilesd/contract";
import { type Failure, failure } from "../failure/failure.ts";

/**
 * A job that this box can never run as it is, found out before Forge was asked: no other try helps.
 * `field` is relative to `generation_params`, null where none is to blame.
 */
export function refusal(
  reason: FailureReason,
  field: string | null,
  message: string,
  ownerMessage?: string,
): Failure {
  return failure("user", reason, message, { field: field ?? undefined, ownerMessage });
}
