import type { Ticket } from "../domain/hub.ts";

const PREFIX = "ticket:";

/**
 * Uses a ticket up: true the first time. Remembered until it would have expired anyway; what expired is
 * let go whenever another is used.
 */
export function spendTicket(storage: SyncKvStorage, ticket: Ticket, now: number): boolean {
  const key = PREFIX + ticket.id;
  if (ticket.expiresAt <= now || storage.get(key) !== undefined) return false;
  for (const [spent, expiresAt] of [...storage.list<number>({ prefix: PREFIX })]) {
    if (expiresAt <= now) storage.delete(spent);
  }
  storage.put(key, ticket.expiresAt);
  return true;
}
