/** Keys that R2 deletes in one call. */
const DELETE_KEYS_MAX = 1_000;

/** Deletes every object under a prefix. */
export async function deleteObjects(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const listed = await bucket.list({ prefix, limit: DELETE_KEYS_MAX });
    if (listed.objects.length > 0) await bucket.delete(listed.objects.map((object) => object.key));
    if (!listed.truncated) return;
  }
}

/** The sha256 that R2 computed of an object, in hexadecimal; null where it holds none. */
export function sha256Of(object: R2Object): string | null {
  const digest = object.checksums.sha256;
  if (digest === undefined) return null;
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
