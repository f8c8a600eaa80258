import { ownerScope, type Actor } from "../../domain/access.ts";
import type { ImageKind } from "../../domain/image-url.ts";
import { parseImageName } from "../../domain/image-name.ts";
import { findImage, type ImageRow, nameOf } from "../../storage/images.ts";
import { AppError } from "../app-error.ts";
import type { Context } from "../context.ts";

/** A stored picture, found but not read yet. */
export interface FoundImage {
  readonly key: string;
  readonly mime: string;
  readonly name: string;
}

function objectOf(image: ImageRow, kind: ImageKind): { key: string | null; mime: string } {
  return kind === "preview"
    ? { key: image.previewKey, mime: "image/webp" }
    : { key: image.objectKey, mime: image.mime };
}

/** Finds a picture by name: any for the bearer of a signed URL (`actor` null), else the caller's own. */
export async function findNamedImage(
  ctx: Context,
  kind: ImageKind,
  name: string,
  actor: Actor | null,
): Promise<FoundImage> {
  const { jobId, index } = parseImageName(name);
  const scope = actor === null ? null : ownerScope(actor);
  const image = await findImage(ctx.db, jobId, index, scope);
  const { key, mime } = image ? objectOf(image, kind) : { key: null, mime: "" };
  if (!image || key === null || nameOf(image) !== name) throw new AppError("not_found");
  return { key, mime, name };
}
