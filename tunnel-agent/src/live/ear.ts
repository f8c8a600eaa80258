import { HubMessage, type ServerMode } from "@mobilesd/contract";
import type { Doorbell } from "./doorbell.ts";

/** Listeners to one kind of news. */
export function createListeners<A extends unknown[]>() {
  const all = new Set<(...news: A) => void>();
  return {
    tell(...news: A) {
      for (const listener of [...all]) listener(...news);
    },
    /** Answers what ends the listening. */
    add(listener: (...news: A) => void) {
      all.add(listener);
      return () => void all.delete(listener);
    },
  };
}

/** The last word of one kind, until somebody takes it. */
function createWord<T>() {
  let word: T | null = null;
  return {
    put(next: T | null) {
      word = next;
    },
    take(): T | null {
      const taken = word;
      word = null;
      return taken;
    },
  };
}

/** A message of the hub; null where it is none that this agent knows, as a newer hub may have others. */
function readMessage(text: string): HubMessage | null {
  try {
    return HubMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What the hub has said, for whoever asks or listens. */
export function createEar(bell: Doorbell, superseded: AbortController) {
  const cancels = createListeners<[jobId: string, epoch: number]>();
  const counts = createListeners<[count: number]>();
  const modes = createWord<ServerMode>();
  const unloads = createWord<string>();
  let watchers = 0;
  const setWatchers = (count: number) => {
    if (count === watchers) return;
    watchers = count;
    counts.tell(count);
  };
  const by: { [T in HubMessage["type"]]: (message: Extract<HubMessage, { type: T }>) => void } = {
    work: () => bell.ring("work"),
    cancel: ({ mobilesd_job_id, epoch }) => cancels.tell(mobilesd_job_id, epoch),
    mode(message) {
      modes.put(message.mode);
      bell.ring("orders");
    },
    unload({ at }) {
      unloads.put(at);
      bell.ring("orders");
    },
    superseded: () => superseded.abort(),
    watchers: ({ count }) => setWatchers(count),
  };
  return {
    /** Answers false where that is no message that this agent knows. */
    hear(text: string): boolean {
      const message = readMessage(text);
      if (message) (by[message.type] as (message: HubMessage) => void)(message);
      return message !== null;
    },
    /** What was true of the socket that is no more. An order is one all the same. */
    forget() {
      modes.put(null);
      setWatchers(0);
    },
    onCancel: cancels.add,
    onWatchers: counts.add,
    takeMode: modes.take,
    takeUnload: unloads.take,
    watchers: () => watchers,
  };
}
