CREATE TABLE `jobs` (
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
	CONSTRAINT "jobs_status" CHECK("jobs"."status" IN ('pending', 'processing', 'completed', 'failed', 'cancelled'))
);
