DROP INDEX `jobs_to_wake`;--> statement-breakpoint
CREATE INDEX `jobs_to_wake` ON `jobs` (`target_server_alias`,`agent_session_id`,`wake_at`) WHERE wake_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `uploads` ADD `use_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `uploads` DROP COLUMN `is_used`;