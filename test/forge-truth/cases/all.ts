import type { Case } from "./case.ts";
import { IMG2IMG } from "./img2img.ts";
import { SCRIPTS } from "./scripts.ts";
import { TXT2IMG } from "./txt2img.ts";
import { WHOLE } from "./whole.ts";

/** Every case, in the order in which they run and stand in the document. */
export const CASES: readonly Case[] = [...TXT2IMG, ...SCRIPTS, ...IMG2IMG, ...WHOLE];
