/**
 * Drizzle's schema, from which `drizzle/` is generated. Timestamps in `text` are RFC 3339 UTC with
 * milliseconds, so they sort; those in `integer` are milliseconds since the epoch and never leave the Worker.
 * There are no foreign keys: each would read another index at every write of a job, and whatever deletes
 * a row deletes what hangs on it in the same batch.
 */
import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
} from "drizzle-orm/sqlite-core";

export const jobs = sqliteTable(
  "jobs",
  {
    mobilesdJobId: text("mobilesd_job_id").primaryKey(),
    status: text("status").notNull().default("pending"),
    creationTimestamp: text("creation_timestamp").notNull(),
    lastUpdatedTimestamp: text("last_updated_timestamp").notNull(),
    completionTimestamp: text("completion_timestamp"),
    targetServerAlias: text("target_server_alias").notNull(),
    forgeSessionHash: text("forge_session_hash"),
    generationParamsJson: text("generation_params_json").notNull(),
    resultDetailsJson: text("result_details_json"),
    retryCount: integer("retry_count").notNull().default(0),
    forgeInternalTaskId: text("forge_internal_task_id"),

    appType: text("app_type").notNull().default("forge"),
    sourceInfo: text("source_info"),
    apiKeyId: text("api_key_id"),
    /** Null only in rows of the old schema, until setup gives them to the first owner. */
    ownerId: text("owner_id"),
    priority: integer("priority").notNull().default(5),
    name: text("name"),
    tagsJson: text("tags_json").notNull().default("[]"),
    groupId: text("group_id"),
    /** The finished job that this one runs once more; it may be deleted since. */
    retryOf: text("retry_of"),
    statusReason: text("status_reason"),
    /** Why a pending job cannot be claimed yet; null when it can. */
    holdReason: text("hold_reason"),
    /** The host's own name as far as it is known, else as the user wrote it. */
    checkpointName: text("checkpoint_name").notNull().default(""),
    costMegapixelSteps: real("cost_megapixel_steps").notNull().default(0),
    notBefore: integer("not_before"),
    startBy: integer("start_by"),
    /** When the sweep must look at this row next. */
    wakeAt: integer("wake_at"),
    startedTimestamp: text("started_timestamp"),
    serverAlias: text("server_alias"),

    epoch: integer("epoch").notNull().default(0),
    leaseHash: text("lease_hash"),
    leaseUntil: integer("lease_until"),
    claimId: text("claim_id"),
    agentSessionId: text("agent_session_id"),
    attemptCount: integer("attempt_count").notNull().default(0),
    interruptionCount: integer("interruption_count").notNull().default(0),
    forgeDeathCount: integer("forge_death_count").notNull().default(0),
    cancelRequestedAt: integer("cancel_requested_at"),
    errorJson: text("error_json"),
    /** The hash of what `complete` announced, so that a repeated one is known. */
    manifestSha256: text("manifest_sha256"),
  },
  (t) => [
    check(
      "jobs_status",
      // Not IN: SQLite keeps the list of one in a table, and D1 counts a row read from it at every change.
      sql`${t.status} = 'pending' OR ${t.status} = 'processing' OR ${t.status} = 'completed'
        OR ${t.status} = 'failed' OR ${t.status} = 'cancelled'`,
    ),
    // The claim's order, a position's count and an estimate's sum, all without touching the table.
    index("jobs_claimable")
      .on(
        t.targetServerAlias,
        t.priority,
        t.creationTimestamp,
        t.mobilesdJobId,
        t.costMegapixelSteps,
        t.checkpointName,
      )
      .where(sql`status = 'pending' AND hold_reason IS NULL`),
    index("jobs_of_owner").on(t.ownerId, t.creationTimestamp),
    // Leased rows have a session and so stand apart: they are few, whatever waits for a time of its own.
    index("jobs_to_wake")
      .on(t.targetServerAlias, t.agentSessionId, t.wakeAt)
      .where(sql`wake_at IS NOT NULL`),
  ],
);

export const images = sqliteTable(
  "images",
  {
    mobilesdJobId: text("mobilesd_job_id").notNull(),
    imageIndex: integer("image_index").notNull(),
    ownerId: text("owner_id").notNull(),
    objectKey: text("object_key").notNull(),
    previewKey: text("preview_key"),
    mime: text("mime").notNull(),
    bytes: integer("bytes").notNull(),
    sha256: text("sha256").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    seed: integer("seed"),
    infotext: text("infotext"),
    createdAt: text("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.mobilesdJobId, t.imageIndex] })],
);

export const owners = sqliteTable("owners", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  createdAt: text("created_at").notNull(),
});

export const apiKeys = sqliteTable("api_keys", {
  /** Made from the start of the key, so that one look-up by primary key finds it. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  key: text("key").notNull(),
  /** The hash of the secret; the secret itself is nowhere. */
  secret: text("secret").notNull(),
  createdAt: text("created_at").notNull(),
  lastUsed: integer("last_used"),
  isActive: integer("is_active", { mode: "boolean" }).notNull().default(true),
  permissions: text("permissions").notNull(),
  ownerId: text("owner_id").notNull(),
  serverAlias: text("server_alias"),
  expiresAt: integer("expires_at"),
});

export const pageSessions = sqliteTable("page_sessions", {
  tokenHash: text("token_hash").primaryKey(),
  apiKeyId: text("api_key_id").notNull(),
  createdAt: text("created_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
});

export const pairingCodes = sqliteTable("pairing_codes", {
  codeHash: text("code_hash").primaryKey(),
  /** `page`, `extension` or `agent`: what the code was made for. */
  purpose: text("purpose").notNull(),
  apiKeyId: text("api_key_id").notNull(),
  serverAlias: text("server_alias"),
  expiresAt: integer("expires_at").notNull(),
  claimedAt: integer("claimed_at"),
});

export const servers = sqliteTable("servers", {
  alias: text("alias").primaryKey(),
  ownerId: text("owner_id").notNull(),
  createdAt: text("created_at").notNull(),
  sessionId: text("session_id"),
  sessionStartedAt: text("session_started_at"),
  /** When the agent last came, noted once in a while. */
  lastSeenAt: integer("last_seen_at"),
  agentVersion: text("agent_version"),
  forgeJson: text("forge_json"),
  gpuJson: text("gpu_json"),
  catalogueSha256: text("catalogue_sha256"),
  msPerMegapixelStep: real("ms_per_megapixel_step"),
  modelLoadMs: real("model_load_ms"),
  /** `{checkpoint: milliseconds}`: read whenever the row is, at no further row's cost. */
  loadMsByCheckpointJson: text("load_ms_by_checkpoint_json").notNull().default("{}"),
  timingSampleCount: integer("timing_sample_count").notNull().default(0),
  /** `active`, `paused` or `draining`: what its owner last told it. */
  mode: text("mode").notNull().default("active"),
  /** When its agent's socket was lost and did not come back; its agent may poll since. */
  leftAt: integer("left_at"),
  /** When its owner last asked for its model to be unloaded. */
  unloadRequestedAt: integer("unload_requested_at"),
});

/** The names of a server's catalogue; the whole catalogue is an object in R2. */
export const catalogueNames = sqliteTable(
  "catalogue_names",
  {
    serverAlias: text("server_alias").notNull(),
    kind: text("kind").notNull(),
    key: text("key").notNull(),
    name: text("name").notNull(),
    hash: text("hash"),
  },
  (t) => [primaryKey({ columns: [t.serverAlias, t.kind, t.key, t.name] })],
);

export const uploads = sqliteTable("uploads", {
  id: text("id").primaryKey(),
  ownerId: text("owner_id").notNull(),
  mime: text("mime").notNull(),
  width: integer("width").notNull(),
  height: integer("height").notNull(),
  bytes: integer("bytes").notNull(),
  sha256: text("sha256").notNull(),
  createdAt: text("created_at").notNull(),
  /** Jobs that name it; the nightly clean-up takes those that none names any more. */
  useCount: integer("use_count").notNull().default(0),
});

export const idempotencyRecords = sqliteTable(
  "idempotency_records",
  {
    ownerId: text("owner_id").notNull(),
    key: text("key").notNull(),
    fingerprint: text("fingerprint").notNull(),
    answerJson: text("answer_json").notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.ownerId, t.key] })],
);

/** Queue messages that no retry could deliver: kept, so that an operator sees them. */
export const deadLetters = sqliteTable("dead_letters", {
  messageId: text("message_id").primaryKey(),
  queue: text("queue").notNull(),
  bodyJson: text("body_json").notNull(),
  createdAt: text("created_at").notNull(),
});
