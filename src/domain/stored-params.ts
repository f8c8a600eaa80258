import { LIMITS, mayChangeResults, ResolvedParams, uploadsOf } from "@mobilesd/contract";

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
export function uploadIdsOf(params: Parameters<typeof uploadsOf>[0]): string[] {
  return [...new Set(uploadsOf(params).map((upload) => upload.upload_id))];
}

/** How many pictures a job gives: every pass a batch. How many a selectable script makes, only it knows. */
export function picturesOf(params: Pick<ResolvedParams, "batch_size" | "n_iter">): number {
  return params.batch_size * params.n_iter;
}

/** How many pictures a job may have at most: scripts may make more than were asked for. */
export function picturesMaxOf(params: ResolvedParams): number {
  const isFree = params.script !== undefined || mayChangeResults(params.alwayson_scripts);
  return isFree ? LIMITS.imagesPerJobMax : picturesOf(params);
}
