import type { Access, Permission } from "@mobilesd/contract";

/** Who calls: the owner whose things they reach, and what they may do with them. */
export interface Actor {
  readonly ownerId: string;
  readonly ownerName: string;
  readonly keyId: string;
  readonly permissions: readonly Permission[];
  /** The one server of an agent's key. */
  readonly serverAlias: string | null;
}

/** Whether an actor may call a route at all. Which rows they reach is `ownerScope`'s answer. */
export function mayCall(actor: Actor, access: Access): boolean {
  if (access === "public") return true;
  if (access === "signed_or_jobs:read") return actor.permissions.includes("jobs:read");
  if (access === "agent") return actor.permissions.includes("agent") && actor.serverAlias !== null;
  return actor.permissions.includes(access);
}

/** The owner that a statement about jobs must name, or null where every owner's jobs may be reached. */
export function ownerScope(actor: Actor): string | null {
  return actor.permissions.includes("jobs:all") ? null : actor.ownerId;
}
