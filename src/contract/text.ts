import * as z from "zod";
import { LIMITS } from "./limits.ts";

/** Whether D1 and Forge can hold a text: no NUL, no lone surrogates. */
export function isStorable(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

/** Text that D1 and Forge can hold. */
export function text(charsMax: number) {
  return z.string().max(charsMax).refine(isStorable, "not storable text");
}

/** A name that Forge knows: a checkpoint, a sampler, a style … */
export function forgeName() {
  return text(LIMITS.forgeNameCharsMax).min(1);
}
