ALTER TABLE `servers` ADD `mode` text DEFAULT 'active' NOT NULL;--> statement-breakpoint
ALTER TABLE `servers` ADD `unload_requested_at` integer;