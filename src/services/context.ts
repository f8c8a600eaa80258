import type { Durations } from "@mobilesd/contract";
import type { Actor } from "../domain/access.ts";
import type { RandomBytes } from "../domain/credentials.ts";
import type { HubHeard, HubLook, HubNews, JoinRefusal, Member } from "../domain/hub.ts";
import type { CatalogueName } from "../domain/names.ts";
import type { Database } from "../storage/database.ts";

/** What the installation is set to; made once from the environment. */
export interface Settings {
  readonly durations: Durations;
  readonly version: string;
  /** Mixed into every stored hash of a secret. */
  readonly keyPepper: string;
  /** Signs the URLs of pictures. */
  readonly urlSigningKey: string;
  /** Null: setup is closed. */
  readonly setupToken: string | null;
}

/** A log line: one event with plain fields. Never a secret, a prompt or a picture. */
export type Log = (
  event: string,
  fields?: Readonly<Record<string, string | number | null>>,
) => void;

/** Somebody who was checked moments ago, and whether it is time to note that their key was used. */
export interface CheckedCaller {
  readonly actor: Actor;
  readonly until: number;
  readonly isUseDue: boolean;
}

/** Callers who were checked moments ago, by the hash of what they showed; one map an isolate. */
export type AuthCache = Map<string, CheckedCaller>;

/** What a name was found to mean in a catalogue, by its hash; one map an isolate. */
export type NameCache = Map<string, readonly CatalogueName[]>;

/** How far running jobs were when it was last told, by job; one map an isolate. Any of it may be gone at any time. */
export type ProgressMemory = Map<string, { readonly epoch: number; readonly progress: number }>;

/** The hubs of all servers, by alias. All that goes through here is a hint: a verb never fails for it. */
export interface Hubs {
  /** Hands on what happened. Throws when the hub is out of reach: callers defer it. */
  tell(alias: string, news: HubNews): Promise<HubHeard>;
  /** What the hub knows now. Never throws: a hub out of reach knows nothing. */
  look(alias: string): Promise<HubLook>;
  /** The other end of a socket for somebody who has shown who they are, or why the hub opens none. */
  join(alias: string, member: Member): Promise<WebSocket | JoinRefusal>;
}

/** What a verb works with. Everything slow, random or host-owned comes in here. */
export interface Context {
  readonly db: Database;
  readonly bucket: R2Bucket;
  readonly settings: Settings;
  /** The Worker's time, in milliseconds since the epoch: the only one that decides. */
  readonly clock: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly randomBytes: RandomBytes;
  readonly uuid: () => string;
  /**
   * Has a server's rows looked at after so many milliseconds, where its hub could not take that on: a hint,
   * the minute's sweep does it anyway.
   */
  readonly wakeServer: (alias: string, delayMs: number) => Promise<void>;
  readonly hubs: Hubs;
  /** Lets work go on after the answer is sent. */
  readonly defer: (work: Promise<unknown>) => void;
  readonly log: Log;
  readonly authCache: AuthCache;
  readonly nameCache: NameCache;
  readonly progressMemory: ProgressMemory;
  /** Where this queue is reached, without a slash at its end. */
  readonly origin: string;
}

/** A context with a caller who has shown who they are. */
export interface ActorContext extends Context {
  readonly actor: Actor;
}
