import type { ErrorCode, ErrorDetail } from "@mobilesd/contract";

/** A failure that a caller may see: a code of the registry, and what is wrong with which field. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];

  constructor(code: ErrorCode, details: readonly ErrorDetail[] = [], message: string = code) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** An error about one field. */
export function fieldError(
  code: ErrorCode,
  field: string,
  message: string,
  more: { limit?: number | string; choices?: string[] } = {},
): AppError {
  return new AppError(code, [{ field, message, ...more }]);
}
