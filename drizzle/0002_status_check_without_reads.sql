PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_jobs` (
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
	CONSTRAINT "jobs_status" CHECK("__new_jobs"."status" = 'pending' OR "__new_jobs"."status" = 'processing' OR "__new_jobs"."status" = 'completed'
        OR "__new_jobs"."status" = 'failed' OR "__new_jobs"."status" = 'cancelled')
);
--> statement-breakpoint
INSERT INTO `__new_jobs`("mobilesd_job_id", "status", "creation_timestamp", "last_updated_timestamp", "completion_timestamp", "target_server_alias", "forge_session_hash", "generation_params_json", "result_details_json", "retry_count", "forge_internal_task_id", "app_type", "source_info", "api_key_id", "owner_id", "priority", "name", "tags_json", "group_id", "status_reason", "hold_reason", "checkpoint_name", "cost_megapixel_steps", "not_before", "start_by", "wake_at", "started_timestamp", "server_alias", "epoch", "lease_hash", "lease_until", "claim_id", "agent_session_id", "attempt_count", "interruption_count", "forge_death_count", "cancel_requested_at", "error_json", "manifest_sha256") SELECT "mobilesd_job_id", "status", "creation_timestamp", "last_updated_timestamp", "completion_timestamp", "target_server_alias", "forge_session_hash", "generation_params_json", "result_details_json", "retry_count", "forge_internal_task_id", "app_type", "source_info", "api_key_id", "owner_id", "priority", "name", "tags_json", "group_id", "status_reason", "hold_reason", "checkpoint_name", "cost_megapixel_steps", "not_before", "start_by", "wake_at", "started_timestamp", "server_alias", "epoch", "lease_hash", "lease_until", "claim_id", "agent_session_id", "attempt_count", "interruption_count", "forge_death_count", "cancel_requested_at", "error_json", "manifest_sha256" FROM `jobs`;--> statement-breakpoint
DROP TABLE `jobs`;--> statement-breakpoint
ALTER TABLE `__new_jobs` RENAME TO `jobs`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `jobs_claimable` ON `jobs` (`target_server_alias`,`priority`,`creation_timestamp`,`mobilesd_job_id`,`cost_megapixel_steps`,`checkpoint_name`) WHERE status = 'pending' AND hold_reason IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_of_owner` ON `jobs` (`owner_id`,`creation_timestamp`);--> statement-breakpoint
CREATE INDEX `jobs_to_wake` ON `jobs` (`target_server_alias`,`agent_session_id`,`wake_at`) WHERE wake_at IS NOT NULL;