/** What ends a wait before its time. `link`: the socket came up or was lost. `orders`: a mode, or an unload. */
export type Ring = "orders" | "work" | "link";

/** The order in which rings that came together are told. */
const ORDER: readonly Ring[] = ["orders", "work", "link"];

/** Something that one loop waits for and others ring. */
export interface Doorbell {
  ring(why: Ring): void;
  /** Waits for a ring or `maxMs`; a ring since the last wait ends it at once. Rings of one kind count once. */
  wait(maxMs: number, signal: AbortSignal): Promise<Ring | "time" | "stopped">;
}

export function createDoorbell(): Doorbell {
  const rung = new Set<Ring>();
  let wake: (() => void) | null = null;
  const take = (): Ring | null => {
    const why = ORDER.find((one) => rung.has(one)) ?? null;
    if (why !== null) rung.delete(why);
    return why;
  };
  return {
    ring(why) {
      rung.add(why);
      wake?.();
    },
    async wait(maxMs, signal) {
      if (signal.aborted) return "stopped";
      const known = take();
      if (known !== null) return known;
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          wake = null;
          resolve();
        };
        const timer = setTimeout(end, maxMs);
        signal.addEventListener("abort", end, { once: true });
        wake = end;
      });
      return signal.aborted ? "stopped" : (take() ?? "time");
    },
  };
}
