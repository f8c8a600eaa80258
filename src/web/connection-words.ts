import { SHORT_LOSS_MS } from "./look-times.ts";
import type { QueueState } from "./store.ts";
import { sinceWords } from "./time-words.ts";

/** What a page says of its connection: nothing, a word in passing, or that what it shows is old. */
export type Connection =
  | { readonly kind: "good" }
  | { readonly kind: "reconnecting" }
  | { readonly kind: "lost"; readonly words: string };

/** How the connection is at a moment. A short loss is no reason to take back what is shown. */
export function connectionOf(
  { lostAt, knownAt }: Pick<QueueState, "lostAt" | "knownAt">,
  now: number,
): Connection {
  if (lostAt === null) return { kind: "good" };
  if (knownAt === null) {
    return { kind: "lost", words: "The queue does not answer. Trying again…" };
  }
  if (now - lostAt < SHORT_LOSS_MS) return { kind: "reconnecting" };
  const since = sinceWords(new Date(knownAt).toISOString(), now);
  return {
    kind: "lost",
    words: `No connection. This is what was known at ${since}. Trying again…`,
  };
}
