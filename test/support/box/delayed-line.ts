import type { Socket } from "node:net";

/** Bytes that may be under way in one direction; more than that waits at their sender. */
const UNDER_WAY_MAX = 16_000_000;

interface Parcel {
  readonly dueAt: number;
  /** Null: the sender has ended. */
  readonly bytes: Buffer | null;
}

/** One direction of a connection: what comes in at one end goes out at the other, later and in order. */
export interface DelayedLine {
  /** Lets nothing out any more, and takes in what still comes. */
  mute(): void;
}

/** Hands on what `from` sends to `to`, each piece `delayMs()` after it came. */
export function delayLine(from: Socket, to: Socket, delayMs: () => number): DelayedLine {
  const parcels: Parcel[] = [];
  let underWay = 0;
  let isMute = false;
  let timer: NodeJS.Timeout | null = null;

  const deliver = () => {
    timer = null;
    const now = performance.now();
    for (let next = parcels[0]; next && next.dueAt <= now; next = parcels[0]) {
      parcels.shift();
      if (next.bytes === null) to.end();
      else {
        underWay -= next.bytes.length;
        to.write(next.bytes);
      }
    }
    if (underWay < UNDER_WAY_MAX) from.resume();
    const [waiting] = parcels;
    if (waiting) timer = setTimeout(deliver, Math.max(0, waiting.dueAt - now));
  };
  const take = (bytes: Buffer | null) => {
    if (isMute) return;
    const last = parcels.at(-1)?.dueAt ?? 0;
    parcels.push({ bytes, dueAt: Math.max(last, performance.now() + delayMs()) });
    underWay += bytes?.length ?? 0;
    if (underWay >= UNDER_WAY_MAX) from.pause();
    timer ??= setTimeout(deliver, delayMs());
  };
  const mute = () => {
    isMute = true;
    if (timer) clearTimeout(timer);
    timer = null;
    parcels.length = 0;
    from.resume();
  };
  from.on("data", take);
  from.on("end", () => take(null));
  to.on("close", mute);
  return { mute };
}
