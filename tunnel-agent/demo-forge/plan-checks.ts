import { PythonError } from "./errors.ts";
import type { OptionStore } from "./option-store.ts";

/** All pictures of a job stay in memory, three bytes a pixel. */
export const PIXELS_MAX = 2 ** 27;

const SIDE_MAX = 8192;

/** Batch size and batch count as Forge fails on them. Throws IndexError for null and 0. */
export function checkCount(count: number | null): number {
  if (count !== null && count > 0) return count;
  throw new PythonError("IndexError", "list index out of range");
}

/** The number of steps as Forge fails on it. Throws TypeError, RuntimeError, ZeroDivisionError. */
export function checkSteps(steps: number | null): number {
  if (steps === null) throw createNullError();
  if (steps > 0) return steps;
  if (steps < 0) throw new PythonError("RuntimeError", "number of steps must be non-negative");
  throw new PythonError("ZeroDivisionError", "integer division or modulo by zero");
}

/** Width or height as Forge fails on it. Throws TypeError and RuntimeError. */
export function checkSide(side: number | null): number {
  if (side === null) throw createNullError();
  if (side < 0) {
    const latent = Math.floor(side / 8);
    const message = `Trying to create tensor with negative dimension ${latent}: [4, 8, ${latent}]`;
    throw new PythonError("RuntimeError", message);
  }
  if (side < 8) {
    const message =
      "Calculated padded input size per channel: (10 x 2). Kernel size: (3 x 3). " +
      "Kernel size can't be greater than actual input size";
    throw new PythonError("RuntimeError", message);
  }
  if (side > SIDE_MAX) {
    const message =
      "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: " +
      `you tried to allocate ${side * side} bytes. Error code 12 (Cannot allocate memory)`;
    throw new PythonError("RuntimeError", message);
  }
  return side;
}

/** The option "clip skip" as a whole number; an option may hold anything. Throws ValueError. */
export function readClipSkip(options: OptionStore): number {
  const value = options.get("CLIP_stop_at_last_layers");
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return Math.trunc(number);
  throw new PythonError("ValueError", `invalid literal for int() with base 10: '${value}'`);
}

function createNullError(): PythonError {
  const message = "unsupported operand type(s) for //: 'NoneType' and 'int'";
  return new PythonError("TypeError", message);
}
