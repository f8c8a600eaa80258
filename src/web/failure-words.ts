import { ProblemError } from "@mobilesd/contract";

/** Why something that was asked for did not happen, in words. */
export function failureWords(error: unknown): string {
  if (error instanceof ProblemError) return error.message;
  return "The queue is out of reach; nothing was changed";
}
