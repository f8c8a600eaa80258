import type { ServerMode, ServerOrders } from "@mobilesd/contract";

/** What the socket told since it was asked last; null for nothing. */
export interface ToldByLink {
  takeMode(): ServerMode | null;
  /** When the unload was asked for, as the queue's own answers tell it. */
  takeUnload(): string | null;
}

/** What the owner of this box wants of it, by whichever way it was heard last. */
export interface Orders {
  /** What an answer of the queue said. */
  hear(orders: ServerOrders): void;
  /** What the socket said: each word of it counts once, so that a later answer of the queue stands. */
  hearLink(link: ToldByLink): void;
  /** Null before anything was heard. */
  mode(): ServerMode | null;
  /** Whether the model is to be taken out of memory. */
  isUnloadDue(): boolean;
  unloaded(): void;
}

/** `onMode` hears of each change of the mode, the first word of it included. */
export function createOrders(onMode: (mode: ServerMode) => void): Orders {
  let mode: ServerMode | null = null;
  let isUnloadDue = false;
  /** When the newest order to unload that is known was given, as a time; before the first word of the queue undefined. */
  let unloadAskedAt: number | undefined;

  const setMode = (next: ServerMode) => {
    if (next === mode) return;
    mode = next;
    onMode(next);
  };
  /** By the time of an order it is known for the same, or for an older one, whichever way it comes. */
  const hearUnload = (asked: string | null) => {
    const askedAt = asked === null ? Number.NEGATIVE_INFINITY : Date.parse(asked);
    // What was ordered before this agent came is not its to do.
    if (unloadAskedAt !== undefined && askedAt > unloadAskedAt) isUnloadDue = true;
    unloadAskedAt = Math.max(unloadAskedAt ?? Number.NEGATIVE_INFINITY, askedAt);
  };
  return {
    hear(orders) {
      setMode(orders.mode);
      hearUnload(orders.unload_requested_at);
    },
    hearLink(link) {
      const told = link.takeMode();
      if (told !== null) setMode(told);
      const asked = link.takeUnload();
      if (asked !== null) hearUnload(asked);
    },
    mode: () => mode,
    isUnloadDue: () => isUnloadDue,
    unloaded() {
      isUnloadDue = false;
    },
  };
}
