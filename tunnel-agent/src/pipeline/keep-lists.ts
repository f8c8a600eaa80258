import { OVERRIDE_KEYS } from "../job/request/payload-overrides.ts";
import { refreshSession, type Session, type SessionDeps } from "../session.ts";
import { bothLists } from "./lists.ts";
import type { DaemonDeps, Loop } from "./loop.ts";

/** What reading Forge's lists needs. */
export const sessionDepsOf = (deps: DaemonDeps): SessionDeps => ({
  ...deps,
  overrideKeys: OVERRIDE_KEYS,
});

/** Whether the queue must have this Forge's lists before it is asked for a job: it would give the same one again. */
export const isHandingOn = (loop: Loop): boolean =>
  loop.lists === "hand_on" || loop.reading === "hand_on";

async function readAgain(deps: DaemonDeps, loop: Loop, session: Session): Promise<void> {
  const startedAt = deps.now();
  const state = loop.lists === "fresh" ? "read_again" : loop.lists;
  loop.lists = "fresh";
  loop.reading = state;
  try {
    const next = await refreshSession(session, sessionDepsOf(deps), state === "hand_on");
    if (loop.session === session) loop.session = next;
    loop.listsReadAt = startedAt;
  } catch (error) {
    loop.lists = bothLists(loop.lists, state);
    throw error;
  } finally {
    loop.reading = null;
  }
}

/**
 * Reads Forge's lists and options again when they may be old. With a run of ours in Forge that goes on beside the
 * loop, which asks for the next job meanwhile; what it throws the next round throws.
 */
export async function keepLists(deps: DaemonDeps, loop: Loop, session: Session): Promise<void> {
  const isOld = deps.now() - loop.listsReadAt >= session.durations.catalogueRefreshMs;
  // Who rings wants a picture: lists that are only old are read when there is nothing to take.
  const isWanted = loop.lists !== "fresh" || (isOld && !loop.isDue);
  if (!isWanted || loop.reading !== null) return;
  if (loop.line.isEmpty()) return readAgain(deps, loop, session);
  const reading = readAgain(deps, loop, session)
    .catch((error: unknown) => {
      loop.lateError = { error };
    })
    .finally(() => loop.wake());
  loop.runs.track(reading);
}
