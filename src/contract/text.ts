import * as z from "zod";
import { LIMITS } from "./limits.ts";

/** Text that D1 and Forge can hold: no NUL, no lone surrogates. */
export function text(charsMax: number) {
  return z
    .string()
    .max(charsMax)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), "not storable text");
}

/** A name that Forge knows: a checkpoint, a sampler, a style … */
export function forgeName() {
  return text(LIMITS.forgeNameCharsMax).min(1);
}
