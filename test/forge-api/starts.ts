import type { DemoForgeOptions } from "../../tunnel-agent/demo-forge/server.ts";
import { AUTH } from "./cases/auth.ts";
import type { Group } from "./cases/case.ts";
import { CORS, ERRORS } from "./cases/errors.ts";
import { NO_API, NO_WEBUI } from "./cases/flavours.ts";
import { DEFAULTS, GENERATE, LORA, SECOND_MODEL } from "./cases/generate.ts";
import { FIRST_LOAD, FLAGS_WITHOUT_PORT, HASHES, LORA_HASHES } from "./cases/hashing.ts";
import { IMG2IMG } from "./cases/img2img.ts";
import { FLAGS, LISTS } from "./cases/lists.ts";
import { COLD, TASK_IDS, TRACED } from "./cases/progress.ts";

/** One start of the demo Forge, and the groups that can ask it. */
export interface Start {
  name: string;
  options: DemoForgeOptions;
  login: string | null;
  /** Its time passes by the polls of whoever watches it. */
  isWatched?: boolean;
  groups: readonly Group[];
}

const QUICK = { timeScale: 0.02 };

const LOGIN = "user:pass";

/** Starts of the demo Forge with the flags that the recordings' folders name; every group is in one at least. */
export const STARTS: readonly Start[] = [
  {
    name: "a standard Forge",
    options: { ...QUICK, noHashing: true },
    login: null,
    groups: [LISTS, FLAGS, TASK_IDS, ...GENERATE, ...IMG2IMG, ERRORS, CORS],
  },
  {
    name: "a standard Forge that is watched from its start",
    options: { noHashing: true },
    login: null,
    isWatched: true,
    groups: [COLD, TRACED],
  },
  {
    name: "a Forge that hashes, without --port, with --api-auth",
    options: { ...QUICK, noPort: true, apiAuth: LOGIN },
    login: LOGIN,
    // With the hashes left out, what such a Forge draws is what one without hashes drew.
    groups: [
      FIRST_LOAD,
      AUTH,
      HASHES,
      LORA_HASHES,
      FLAGS_WITHOUT_PORT,
      DEFAULTS,
      SECOND_MODEL,
      LORA,
    ],
  },
  {
    name: "a Forge without --api",
    options: { ...QUICK, hasApi: false },
    login: null,
    groups: [NO_API],
  },
  {
    name: "a Forge with --nowebui",
    options: { ...QUICK, noHashing: true, noWebui: true },
    login: null,
    groups: [NO_WEBUI],
  },
];
