import { LIMITS } from "@mobilesd/contract";
import type { Hono } from "hono";
import { fieldError } from "../../services/app-error.ts";
import { createUpload } from "../../services/images/create-upload.ts";
import { cancelJob } from "../../services/jobs/cancel.ts";
import { deleteJob } from "../../services/jobs/delete.ts";
import { getJob, getJobStatus, listJobs } from "../../services/jobs/read.ts";
import { submitJob } from "../../services/jobs/submit.ts";
import { type HttpEnv, mount } from "../mount.ts";
import { readRaw } from "../read-body.ts";

/** The `Idempotency-Key` of a request, if it brought one. */
function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (!/^[\x21-\x7e]+$/.test(header) || header.length > LIMITS.idempotencyKeyCharsMax) {
    const limit = LIMITS.idempotencyKeyCharsMax;
    throw fieldError("invalid_request", "Idempotency-Key", "visible ASCII only", { limit });
  }
  return header;
}

export function mountJobs(app: Hono<HttpEnv>): void {
  mount(app, "submitJob", async ({ ctx, body, c }) => {
    const key = idempotencyKey(c.req.header("idempotency-key"));
    const { answer, isReplayed } = await submitJob(ctx, body, key);
    if (isReplayed) c.header("Idempotency-Replayed", "true");
    return answer;
  });
  mount(app, "createUpload", async ({ ctx, c }) => {
    if (/^multipart\//i.test(c.req.header("content-type") ?? "")) {
      const message = "send the picture itself as the body, not a form (curl: --data-binary @file)";
      throw fieldError("unsupported_media_type", "Content-Type", message);
    }
    const { body, bytes } = readRaw(c.req.raw);
    return createUpload(ctx, body, bytes);
  });
  mount(app, "listJobs", ({ ctx, query }) => listJobs(ctx, query));
  mount(app, "getJob", ({ ctx, params }) => getJob(ctx, params.id));
  mount(app, "getJobStatus", ({ ctx, params }) => getJobStatus(ctx, params.id));
  mount(app, "cancelJob", ({ ctx, params }) => cancelJob(ctx, params.id));
  mount(app, "deleteJob", async ({ ctx, params }) => {
    await deleteJob(ctx, params.id);
    return undefined;
  });
}
