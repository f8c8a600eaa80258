import { randomUUID } from "node:crypto";
import { DURATIONS } from "@mobilesd/contract";
import { createCloud } from "./cloud/client.ts";
import type { DaemonDeps } from "./daemon.ts";
import { createForgeClient } from "./forge/client.ts";
import type { BoxSettings } from "./forge/look-at-host.ts";
import { createImageThread } from "./images/image-thread.ts";
import type { Journal } from "./journal.ts";
import { createHubLink } from "./live/hub-link.ts";
import type { Log } from "./log.ts";
import type { AgentState } from "./pipeline/agent-view.ts";
import type { ToldSession } from "./session.ts";
import type { Stop } from "./stop.ts";

export interface AgentParts {
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  readonly forgeUrl: string;
  /** `user:password` of Forge's `--api-auth`, or null. */
  readonly forgeApiAuth: string | null;
  readonly box: BoxSettings;
  readonly journal: Journal;
  readonly log: Log;
  readonly state: AgentState;
  readonly stop: Stop;
  readonly agentVersion: string;
}

/** Puts an agent together, with the machine's clock and chance. Nothing is asked of anybody yet. */
export function composeAgent(parts: AgentParts): DaemonDeps {
  const { url, key, secret, log } = parts;
  let session: ToldSession | null = null;
  const now = () => performance.now();
  const random = Math.random;
  const durations = () => session?.durations ?? DURATIONS;
  return {
    ...parts,
    cloud: createCloud({
      url,
      key,
      secret,
      sessionId: () => session?.id ?? null,
      random,
      onRetry: (route, error) => log.debug({ route, error: error.message }, "Trying again"),
    }),
    link: createHubLink({ url, key, secret, durations, now, random, log }),
    forge: createForgeClient(parts.forgeUrl, parts.forgeApiAuth),
    images: createImageThread(log),
    setSession: (told) => {
      session = told;
    },
    uuid: randomUUID,
    random,
    now,
    wallClock: () => new Date(),
  };
}
