import { uploadKey } from "../../storage/images.ts";
import { findUploadOfLeasedJob } from "../../storage/uploads.ts";
import { AppError } from "../app-error.ts";
import type { ActorContext } from "../context.ts";

/** Finds an input picture for an agent: only one that a job names which this agent's session holds now. */
export async function findAgentUpload(
  ctx: ActorContext,
  uploadId: string,
  sessionId: string | null,
): Promise<{ key: string; mime: string }> {
  const alias = ctx.actor.serverAlias ?? "";
  const upload = await findUploadOfLeasedJob(ctx.db, uploadId, { alias, sessionId });
  if (!upload) throw new AppError("not_found");
  return { key: uploadKey(upload.ownerId, upload.id), mime: upload.mime };
}
