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
  const has = (permission: Permission) => actor.permissions.includes(permission);
  if (access === "signed_or_jobs:read" || access === "ticket_or_jobs:read") return has("jobs:read");
  if (access === "jobs:submit_or_jobs:read") return has("jobs:submit") || has("jobs:read");
  if (access === "agent") return has("agent") && actor.serverAlias !== null;
  return has(access);
}

/** The owner that a statement about jobs must name, or null where every owner's jobs may be reached. */
export function ownerScope(actor: Actor): string | null {
  return actor.permissions.includes("jobs:all") ? null : actor.ownerId;
}
