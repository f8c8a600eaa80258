import * as z from "zod";
import { UploadId } from "./ids.ts";

/** An input picture: handed over before the job, named in it. */
export const UploadRef = z.strictObject({ upload_id: UploadId });
export type UploadRef = z.infer<typeof UploadRef>;

/** The input picture that a value names, or null where it is something else. */
export function asUploadRef(value: unknown): UploadRef | null {
  const parsed = UploadRef.safeParse(value);
  return parsed.success ? parsed.data : null;
}
