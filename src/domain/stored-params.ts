import { ResolvedParams } from "@mobilesd/contract";

/** Parameters out of a row, or null where they are not ones of this schema, as in rows of the old one. */
export function readStoredParams(json: string): ResolvedParams | null {
  try {
    const parsed = ResolvedParams.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The input pictures that parameters name, each once. */
export function uploadIdsOf(params: Pick<ResolvedParams, "img2img">): string[] {
  const { img2img } = params;
  const ids = [img2img?.init_image.upload_id, img2img?.mask?.upload_id];
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** How many pictures a job gives: every pass a batch. */
export function picturesOf(params: Pick<ResolvedParams, "batch_size" | "n_iter">): number {
  return params.batch_size * params.n_iter;
}
