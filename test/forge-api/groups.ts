import { AUTH } from "./cases/auth.ts";
import type { Group } from "./cases/case.ts";
import { CORS, ERRORS } from "./cases/errors.ts";
import { NO_API, NO_WEBUI } from "./cases/flavours.ts";
import { GENERATE } from "./cases/generate.ts";
import { FIRST_LOAD, FLAGS_WITHOUT_PORT, HASHES, LORA_HASHES } from "./cases/hashing.ts";
import { IMG2IMG } from "./cases/img2img.ts";
import { FLAGS, LISTS } from "./cases/lists.ts";
import { COLD, TASK_IDS, TRACED } from "./cases/progress.ts";

/**
 * All groups in the order in which they run: first what only a Forge shows that has just been started;
 * traces before img2img, whose dead ids would stand in them.
 */
export const GROUPS: readonly Group[] = [
  FIRST_LOAD,
  COLD,
  LISTS,
  FLAGS,
  TRACED,
  TASK_IDS,
  ...GENERATE,
  ...IMG2IMG,
  ERRORS,
  CORS,
  AUTH,
  HASHES,
  LORA_HASHES,
  FLAGS_WITHOUT_PORT,
  NO_API,
  NO_WEBUI,
];
