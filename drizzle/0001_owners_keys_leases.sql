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
);
--> statement-breakpoint
CREATE TABLE `catalogue_names` (
	`server_alias` text NOT NULL,
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`name` text NOT NULL,
	`hash` text,
	PRIMARY KEY(`server_alias`, `kind`, `key`, `name`)
);
--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`message_id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`body_json` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `idempotency_records` (
	`owner_id` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer_json` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`owner_id`, `key`)
);
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
);
--> statement-breakpoint
CREATE TABLE `owners` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `owners_name_unique` ON `owners` (`name`);--> statement-breakpoint
CREATE TABLE `page_sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`api_key_id` text NOT NULL,
	`created_at` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pairing_codes` (
	`code_hash` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`api_key_id` text NOT NULL,
	`server_alias` text,
	`expires_at` integer NOT NULL,
	`claimed_at` integer
);
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
);
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
);
--> statement-breakpoint
ALTER TABLE `jobs` ADD `app_type` text DEFAULT 'forge' NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `source_info` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `api_key_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `owner_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `priority` integer DEFAULT 5 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `name` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `tags_json` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `group_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `status_reason` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `hold_reason` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `checkpoint_name` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `cost_megapixel_steps` real DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `not_before` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `start_by` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `wake_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `started_timestamp` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `server_alias` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `epoch` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `lease_hash` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `lease_until` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `claim_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `agent_session_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `attempt_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `interruption_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `forge_death_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `cancel_requested_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `error_json` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `manifest_sha256` text;--> statement-breakpoint
CREATE INDEX `jobs_claimable` ON `jobs` (`target_server_alias`,`priority`,`creation_timestamp`,`mobilesd_job_id`,`cost_megapixel_steps`,`checkpoint_name`) WHERE status = 'pending' AND hold_reason IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_of_owner` ON `jobs` (`owner_id`,`creation_timestamp`);--> statement-breakpoint
CREATE INDEX `jobs_to_wake` ON `jobs` (`target_server_alias`,`agent_session_id`,`wake_at`) WHERE wake_at IS NOT NULL;