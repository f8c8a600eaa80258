import type { Chapter } from "../loss.ts";
import { LEAKS } from "./leaks.ts";
import { NAMES } from "./names.ts";
import { NUMBERS } from "./numbers.ts";
import { PICTURES } from "./pictures.ts";
import { PROMPTS } from "./prompts.ts";
import { RESULTS } from "./results.ts";
import { TROUBLES } from "./troubles.ts";

/** Every chapter of the page, in its order. */
export const CHAPTERS: readonly Chapter[] = [
  NAMES,
  PROMPTS,
  NUMBERS,
  PICTURES,
  RESULTS,
  LEAKS,
  TROUBLES,
];
