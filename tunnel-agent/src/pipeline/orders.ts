import type { ServerMode, ServerOrders } from "@mobilesd/contract";

/** What the owner of this box wants of it, by whichever way it was heard last. */
export interface Orders {
  /** What an answer of the queue said. */
  hear(orders: ServerOrders): void;
  /** What the socket said. Answers what is new: `resumed` where jobs may be taken again. */
  hearLink(link: { mode(): ServerMode | null; takeUnload(): boolean }): void;
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
  /** Of the newest order to unload that is known; undefined before the first word of the queue. */
  let unloadAskedAt: string | null | undefined;
  /** The socket told of an order whose time the queue has not told yet. */
  let isTimeUnknown = false;

  const setMode = (next: ServerMode) => {
    if (next === mode) return;
    mode = next;
    onMode(next);
  };
  return {
    hear(orders) {
      setMode(orders.mode);
      const asked = orders.unload_requested_at;
      if (asked === unloadAskedAt) return;
      // What was ordered before this agent came is not its to do; what the socket told is done once.
      if (unloadAskedAt !== undefined && !isTimeUnknown && asked !== null) isUnloadDue = true;
      isTimeUnknown = false;
      unloadAskedAt = asked;
    },
    hearLink(link) {
      const told = link.mode();
      if (told !== null) setMode(told);
      if (!link.takeUnload()) return;
      isUnloadDue = true;
      isTimeUnknown = true;
    },
    mode: () => mode,
    isUnloadDue: () => isUnloadDue,
    unloaded() {
      isUnloadDue = false;
    },
  };
}
