import type { AgentMessage, ForgeState } from "@mobilesd/contract";
import { type ForgeClient, ForgeUnreachableError } from "../forge/client.ts";
import { checkForge, describeHealth, type ForgeHealth } from "../forge/health.ts";
import { readGpuMemory } from "../forge/memory.ts";
import type { HubLink } from "../live/hub-link.ts";
import type { Log } from "../log.ts";
import type { AgentState } from "./agent-view.ts";

export interface BoxWatchDeps {
  readonly forge: ForgeClient;
  readonly forgeUrl: string;
  readonly link: Pick<HubLink, "tell" | "isUp" | "changes">;
  readonly log: Log;
  readonly state: AgentState;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

/** How the Forge of this box is, for its owner, for the queue, and for who decides what to do. */
export interface BoxWatch {
  /** Looks at Forge while nothing of ours is in it. */
  look(): Promise<ForgeHealth>;
  /** Says how it was found. */
  tell(health: ForgeHealth): void;
  /** Says that a list of Forge cannot be read, which is why it cannot be used. */
  tellUnreadable(words: string): void;
  /** A run of ours is in Forge. */
  working(): void;
  /**
   * The checkpoint that is in the GPU's memory, by the answer to what was asked at `askedAt`; null for none, or where
   * it cannot be told. The answer to what was asked last counts, in whichever order they come.
   */
  loaded(checkpoint: string | null, askedAt: number): void;
  /** Reads how much of the GPU's memory is free, also beside a run: it tells when that has changed. */
  readMemory(): Promise<void>;
  /** As it was told last; null where none is known. */
  checkpoint(): string | null;
}

type BoxMessage = Extract<AgentMessage, { type: "box" }>;

/** Free memory that differs by less is the same to those who read it: a 512² picture's worth of it. */
const VRAM_STEP_BYTES = 256 * 1024 * 1024;

const STATES: Record<ForgeHealth["type"], ForgeState> = {
  ready: "ready",
  busy: "busy",
  absent: "absent",
  starting: "starting",
  hung: "unusable",
  no_api: "unusable",
  auth_required: "unusable",
  not_forge: "unusable",
};

function isSameBox(a: BoxMessage | null, b: BoxMessage): boolean {
  if (a?.forge !== b.forge || a.loaded_checkpoint !== b.loaded_checkpoint) return false;
  if (a.free_vram_bytes === null || b.free_vram_bytes === null) {
    return a.free_vram_bytes === b.free_vram_bytes;
  }
  return Math.abs(a.free_vram_bytes - b.free_vram_bytes) < VRAM_STEP_BYTES;
}

/** Forge was all there so short a time ago that it cannot have been started anew since (8.1). Milliseconds. */
const KNOWN_FOR_MS = 8_000;

async function freeVram(forge: ForgeClient): Promise<number | null> {
  try {
    return (await readGpuMemory(forge))?.freeBytes ?? null;
  } catch (error) {
    if (error instanceof ForgeUnreachableError) return null;
    throw error;
  }
}

/** Watches the box. What is the same as before is told to nobody, but to a socket that is new. */
export function createBoxWatch(deps: BoxWatchDeps): BoxWatch {
  const { forge, forgeUrl, link, log, state, now } = deps;
  let words: string | null = null;
  let told: BoxMessage | null = null;
  let changesSeen = link.changes();
  let checkpoint: string | null = null;
  let checkpointAskedAt = Number.NEGATIVE_INFINITY;
  let vram: number | null = null;
  let knownAt = Number.NEGATIVE_INFINITY;
  let shown: ForgeState | null = null;

  const say = (next: string | null) => {
    if (next === words) return;
    if (next !== null) log.warn({}, next);
    else log.info({}, "Forge is ready");
    words = next;
  };
  const show = (forgeState: ForgeState) => {
    shown = forgeState;
    state.change({ forge: forgeState });
    const isNew = changesSeen !== link.changes();
    changesSeen = link.changes();
    const message: BoxMessage = {
      type: "box",
      forge: forgeState,
      free_vram_bytes: vram,
      loaded_checkpoint: checkpoint,
    };
    if (!link.isUp() || (!isNew && isSameBox(told, message))) return;
    told = message;
    link.tell(message);
  };
  return {
    async look() {
      const isKnown = now() - knownAt < KNOWN_FOR_MS;
      const health = await checkForge(forge, isKnown);
      const isUp = health.type === "ready" || health.type === "busy";
      if (!isKnown || !isUp) {
        knownAt = isUp ? now() : Number.NEGATIVE_INFINITY;
        vram = isUp && link.isUp() ? await freeVram(forge) : null;
      }
      // A Forge that starts has no model in memory.
      if (!isUp) {
        checkpoint = null;
        checkpointAskedAt = now();
      }
      return health;
    },
    tell(health) {
      say(describeHealth(health, forgeUrl));
      show(STATES[health.type]);
    },
    tellUnreadable: say,
    working: () => show("working"),
    loaded(name, askedAt) {
      if (askedAt < checkpointAskedAt) return;
      checkpoint = name;
      checkpointAskedAt = askedAt;
    },
    async readMemory() {
      if (!link.isUp()) return;
      vram = await freeVram(forge);
      if (shown !== null) show(shown);
    },
    checkpoint: () => checkpoint,
  };
}
