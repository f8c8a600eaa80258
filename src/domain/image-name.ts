import type { ImageMime } from "@mobilesd/contract";

const EXTENSIONS: Record<ImageMime, string> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
};

/** `<job uuid>_<00001>.<ext>`; `index` counts from 1. */
export function imageName(jobId: string, index: number, mime: ImageMime): string {
  return `${jobId}_${String(index).padStart(5, "0")}.${EXTENSIONS[mime]}`;
}

/** The job and index that a (valid) picture's name speaks of. */
export function parseImageName(name: string): { jobId: string; index: number } {
  return { jobId: name.slice(0, 36), index: Number(name.slice(37, 42)) };
}
