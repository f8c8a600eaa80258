const ALIAS = "alias";

/**
 * The server's alias, by which the hub was made. It is kept the first time: not every platform gives a name
 * to a hub that is woken by its own alarm.
 */
export function aliasOf({ id, storage }: Pick<DurableObjectState, "id" | "storage">): string {
  const kept = storage.kv.get<string>(ALIAS);
  const alias = id.name ?? kept;
  if (alias === undefined) throw new Error("a hub must be made by a server's alias");
  if (kept === undefined) storage.kv.put(ALIAS, alias);
  return alias;
}

/** Sees to it that the alarm rings at this moment or before. Milliseconds since the epoch. */
export async function lookBy(storage: DurableObjectStorage, at: number): Promise<void> {
  const armed = await storage.getAlarm();
  if (armed === null || at < armed) await storage.setAlarm(at);
}
