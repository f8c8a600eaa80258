import type { Context as HonoContext, Hono } from "hono";
import { fieldError } from "../../services/app-error.ts";
import { createUpload } from "../../services/images/create-upload.ts";
import { cancelJob } from "../../services/jobs/cancel.ts";
import { deleteJob } from "../../services/jobs/delete.ts";
import { getJob, getJobStatus, listJobs, requireJob } from "../../services/jobs/read.ts";
import { retryJob } from "../../services/jobs/retry.ts";
import { type Submitted, submitJob } from "../../services/jobs/submit.ts";
import { type HttpEnv, mount } from "../mount.ts";
import { readRaw } from "../read-body.ts";

function answerQueued(c: HonoContext<HttpEnv>, { answer, isReplayed }: Submitted) {
  if (isReplayed) c.header("Idempotency-Replayed", "true");
  return answer;
}

export function mountJobs(app: Hono<HttpEnv>): void {
  mount(app, "submitJob", async ({ ctx, body, idempotencyKey, c }) =>
    answerQueued(c, await submitJob(ctx, body, idempotencyKey)),
  );
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
  mount(
    app,
    "retryJob",
    async ({ ctx, params, idempotencyKey, c }) =>
      answerQueued(c, await retryJob(ctx, params.id, idempotencyKey)),
    { exists: ({ ctx, params }) => requireJob(ctx, params.id) },
  );
  mount(app, "deleteJob", async ({ ctx, params }) => {
    await deleteJob(ctx, params.id);
    return undefined;
  });
}
