import type { SignsOfLife } from "../domain/watching.ts";

/** What tells that the other end of a hibernating socket lives: the platform itself answers its pings. */
export function signsOf(
  state: DurableObjectState,
  socket: WebSocket,
  note: { readonly openedAt: number; readonly heardAt?: number | null },
): SignsOfLife {
  const pingedAt = state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null;
  return { openedAt: note.openedAt, heardAt: note.heardAt ?? null, pingedAt };
}
