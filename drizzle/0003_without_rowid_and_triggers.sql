-- Tables whose key is a text: WITHOUT ROWID writes one row where a rowid table writes two (table and index).
-- drizzle-kit cannot say this, so it stands here; a later migration that rebuilds one of them repeats it.
DROP TABLE `api_keys`;
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`key` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` text NOT NULL,
	`last_used` integer,
	`is_active` integer DEFAULT true NOT NULL,
	`permissions` text NOT NULL,
	`owner_id` text NOT NULL,
	`server_alias` text,
	`expires_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `idempotency_records`;
--> statement-breakpoint
CREATE TABLE `idempotency_records` (
	`owner_id` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer_json` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`owner_id`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `images`;
--> statement-breakpoint
CREATE TABLE `images` (
	`mobilesd_job_id` text NOT NULL,
	`image_index` integer NOT NULL,
	`owner_id` text NOT NULL,
	`object_key` text NOT NULL,
	`preview_key` text,
	`mime` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`seed` integer,
	`infotext` text,
	`created_at` text NOT NULL,
	PRIMARY KEY(`mobilesd_job_id`, `image_index`)
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `catalogue_names`;
--> statement-breakpoint
CREATE TABLE `catalogue_names` (
	`server_alias` text NOT NULL,
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`name` text NOT NULL,
	`hash` text,
	PRIMARY KEY(`server_alias`, `kind`, `key`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `page_sessions`;
--> statement-breakpoint
CREATE TABLE `page_sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`api_key_id` text NOT NULL,
	`created_at` text NOT NULL,
	`expires_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `pairing_codes`;
--> statement-breakpoint
CREATE TABLE `pairing_codes` (
	`code_hash` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`api_key_id` text NOT NULL,
	`server_alias` text,
	`expires_at` integer NOT NULL,
	`claimed_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `servers`;
--> statement-breakpoint
CREATE TABLE `servers` (
	`alias` text PRIMARY KEY NOT NULL,
	`owner_id` text NOT NULL,
	`created_at` text NOT NULL,
	`session_id` text,
	`session_started_at` text,
	`last_seen_at` integer,
	`agent_version` text,
	`forge_json` text,
	`gpu_json` text,
	`catalogue_sha256` text,
	`ms_per_megapixel_step` real,
	`model_load_ms` real,
	`timing_sample_count` integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
DROP TABLE `uploads`;
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_id` text NOT NULL,
	`mime` text NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`created_at` text NOT NULL,
	`use_count` integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `jobs_rebuilt` (
	`mobilesd_job_id` text PRIMARY KEY NOT NULL,
	`status` text DEFAULT 'pending' NOT NULL,
	`creation_timestamp` text NOT NULL,
	`last_updated_timestamp` text NOT NULL,
	`completion_timestamp` text,
	`target_server_alias` text NOT NULL,
	`forge_session_hash` text,
	`generation_params_json` text NOT NULL,
	`result_details_json` text,
	`retry_count` integer DEFAULT 0 NOT NULL,
	`forge_internal_task_id` text,
	`app_type` text DEFAULT 'forge' NOT NULL,
	`source_info` text,
	`api_key_id` text,
	`owner_id` text,
	`priority` integer DEFAULT 5 NOT NULL,
	`name` text,
	`tags_json` text DEFAULT '[]' NOT NULL,
	`group_id` text,
	`status_reason` text,
	`hold_reason` text,
	`checkpoint_name` text DEFAULT '' NOT NULL,
	`cost_megapixel_steps` real DEFAULT 0 NOT NULL,
	`not_before` integer,
	`start_by` integer,
	`wake_at` integer,
	`started_timestamp` text,
	`server_alias` text,
	`epoch` integer DEFAULT 0 NOT NULL,
	`lease_hash` text,
	`lease_until` integer,
	`claim_id` text,
	`agent_session_id` text,
	`attempt_count` integer DEFAULT 0 NOT NULL,
	`interruption_count` integer DEFAULT 0 NOT NULL,
	`forge_death_count` integer DEFAULT 0 NOT NULL,
	`cancel_requested_at` integer,
	`error_json` text,
	`manifest_sha256` text,
	CONSTRAINT "jobs_status" CHECK(status = 'pending' OR status = 'processing' OR status = 'completed' OR status = 'failed' OR status = 'cancelled')
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO jobs_rebuilt (mobilesd_job_id, status, creation_timestamp, last_updated_timestamp, completion_timestamp, target_server_alias, forge_session_hash, generation_params_json, result_details_json, retry_count, forge_internal_task_id, app_type, source_info, api_key_id, owner_id, priority, name, tags_json, group_id, status_reason, hold_reason, checkpoint_name, cost_megapixel_steps, not_before, start_by, wake_at, started_timestamp, server_alias, epoch, lease_hash, lease_until, claim_id, agent_session_id, attempt_count, interruption_count, forge_death_count, cancel_requested_at, error_json, manifest_sha256) SELECT mobilesd_job_id, status, creation_timestamp, last_updated_timestamp, completion_timestamp, target_server_alias, forge_session_hash, generation_params_json, result_details_json, retry_count, forge_internal_task_id, app_type, source_info, api_key_id, owner_id, priority, name, tags_json, group_id, status_reason, hold_reason, checkpoint_name, cost_megapixel_steps, not_before, start_by, wake_at, started_timestamp, server_alias, epoch, lease_hash, lease_until, claim_id, agent_session_id, attempt_count, interruption_count, forge_death_count, cancel_requested_at, error_json, manifest_sha256 FROM jobs;
--> statement-breakpoint
DROP TABLE jobs;
--> statement-breakpoint
ALTER TABLE jobs_rebuilt RENAME TO jobs;
--> statement-breakpoint
CREATE INDEX `jobs_claimable` ON `jobs` (`target_server_alias`,`priority`,`creation_timestamp`,`mobilesd_job_id`,`cost_megapixel_steps`,`checkpoint_name`) WHERE status = 'pending' AND hold_reason IS NULL;
--> statement-breakpoint
CREATE INDEX `jobs_of_owner` ON `jobs` (`owner_id`,`creation_timestamp`);
--> statement-breakpoint
CREATE INDEX `jobs_to_wake` ON `jobs` (`target_server_alias`,`agent_session_id`,`wake_at`) WHERE wake_at IS NOT NULL;
--> statement-breakpoint
CREATE TRIGGER jobs_final_status BEFORE UPDATE OF status ON jobs
WHEN OLD.status IN ('completed', 'failed', 'cancelled') AND NEW.status <> OLD.status
BEGIN
  SELECT RAISE(ABORT, 'a finished job stays finished');
END;
--> statement-breakpoint
CREATE TRIGGER jobs_epoch_grows BEFORE UPDATE OF epoch ON jobs
WHEN NEW.epoch < OLD.epoch
BEGIN
  SELECT RAISE(ABORT, 'an epoch never goes back');
END;
