import {
  type GenerationParams,
  LIMITS,
  mayChangeResults,
  ResolvedParams,
  uploadsOf,
} from "@mobilesd/contract";

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

/**
 * Stored parameters as a request may have brought them. A scheduler that came out of a quality preset would
 * contradict it; where the word is a scheduler itself, it says the same as `scheduler` did.
 */
export function toAskedParams(stored: ResolvedParams): GenerationParams {
  if (stored.scheduler_or_quality_preset === undefined) return stored;
  const { scheduler: _, ...asked } = stored;
  return asked;
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
