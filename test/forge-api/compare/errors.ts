import { diffValues, isObject, mapTexts } from "./difference.ts";

const OUT_OF_MEMORY = {
  error: "(out of memory)",
  detail: "",
  body: "",
  message: "(out of memory)",
};

// A processor and a card say the same in other words; the sizes are the machine's (forge-reference 1.13).
function isOutOfMemory(body: unknown): boolean {
  if (!isObject(body) || typeof body.message !== "string") return false;
  return body.error === "RuntimeError"
    ? body.message.includes("DefaultCPUAllocator: can't allocate memory")
    : body.error === "OutOfMemoryError" && body.message.startsWith("CUDA out of memory");
}

function hideMachine(body: unknown): unknown {
  if (isOutOfMemory(body)) return OUT_OF_MEMORY;
  return mapTexts(body, (text) =>
    text.replace(/errors\.pydantic\.dev\/[\d.]+\//g, "errors.pydantic.dev/VERSION/"),
  );
}

/**
 * Compares the bodies of two refusals word for word, but for the version in pydantic's links and for
 * how a machine says that its memory does not suffice.
 */
export function diffErrors(expected: unknown, actual: unknown): string[] {
  return diffValues(hideMachine(expected), hideMachine(actual), "body");
}
