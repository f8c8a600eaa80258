import * as z from "zod";
import { ServerAlias } from "./ids.ts";
import { LIMITS } from "./limits.ts";

/** What a key may do. `jobs:*` reach its own owner's jobs, `jobs:all` widens them to every owner's. */
export const Permission = z.enum([
  "jobs:submit",
  "jobs:read",
  "jobs:manage",
  "jobs:all",
  "servers:manage",
  "keys:manage",
  "agent",
]);
export type Permission = z.infer<typeof Permission>;

/** Presets of permissions. */
export const ROLES = {
  owner: ["jobs:submit", "jobs:read", "jobs:manage", "jobs:all", "servers:manage", "keys:manage"],
  member: ["jobs:submit", "jobs:read", "jobs:manage"],
  viewer: ["jobs:read"],
  agent: ["agent"],
} as const satisfies Record<string, readonly Permission[]>;

const Name = z.string().trim().min(1).max(LIMITS.keyNameCharsMax);

export const SetUp = z.strictObject({
  setup_token: z.string().min(1).max(200),
  owner: Name.default("owner"),
});
export type SetUp = z.infer<typeof SetUp>;

/** A key at the one moment when its secret is known. */
export const NewKey = z.object({
  id: z.string(),
  name: z.string(),
  key: z.string(),
  secret: z.string(),
  owner: z.string(),
  permissions: z.array(Permission),
  server_alias: z.string().nullable(),
  created_at: z.string(),
});
export type NewKey = z.infer<typeof NewKey>;

/**
 * What a pairing code turns into when it is claimed: a page session, or a key of its own. A code for a page
 * may be claimed by a Forge extension as well; one for an extension by nothing else.
 */
export const CreatePairing = z.discriminatedUnion("for", [
  z.strictObject({ for: z.literal("page") }),
  z.strictObject({ for: z.literal("extension") }),
  z.strictObject({
    for: z.literal("agent"),
    server_alias: ServerAlias.refine((alias) => alias !== "any", "stands for every server"),
  }),
]);
export type CreatePairing = z.infer<typeof CreatePairing>;

export const Pairing = z.object({
  code: z.string(),
  /** For a page or an extension: a link with the code behind `#`, where no server and no log sees it. */
  url: z.string().optional(),
  expires_at: z.string(),
});
export type Pairing = z.infer<typeof Pairing>;

export const ClaimPairing = z.strictObject({
  code: z.string().min(1).max(64),
  /** What the caller can use: a code for something else is refused then, and not used up. */
  for: z.enum(["page", "agent", "extension"]).optional(),
  name: Name.optional(),
});
export type ClaimPairing = z.infer<typeof ClaimPairing>;

export const PairingClaimed = z.discriminatedUnion("for", [
  z.object({ for: z.literal("page"), owner: z.string(), expires_at: z.string() }),
  z.object({ for: z.literal("agent"), key: NewKey }),
  z.object({ for: z.literal("extension"), key: NewKey }),
]);
export type PairingClaimed = z.infer<typeof PairingClaimed>;

export const SignIn = z.strictObject({
  key: z.string().min(1).max(200),
  secret: z.string().min(1).max(200),
});
export type SignIn = z.infer<typeof SignIn>;

export const PageSession = z.object({ owner: z.string(), expires_at: z.string() });
export type PageSession = z.infer<typeof PageSession>;
