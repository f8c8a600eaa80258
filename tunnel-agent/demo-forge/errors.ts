/** An exception as Forge's Python code raises it: answered 500 with four keys. */
export class PythonError extends Error {
  readonly type: string;
  readonly body: unknown;

  constructor(type: string, message: string, body: unknown = "") {
    super(message);
    this.type = type;
    this.body = body;
  }
}

/** An HTTPException of a handler: answered with its status and one key. */
export class HttpDetail extends Error {
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Record<string, string>;

  constructor(status: number, detail: unknown, headers: Record<string, string> = {}) {
    super(typeof detail === "string" ? detail : "Validation failed");
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

/** Forge writes this one the same way whatever the card: only the figures differ. */
export function createOutOfMemoryError(): PythonError {
  return new PythonError(
    "OutOfMemoryError",
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 8.00 GiB of " +
      "which 512.00 MiB is free. (demo Forge)",
  );
}
