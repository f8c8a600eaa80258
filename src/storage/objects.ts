import { toHex } from "../domain/hex.ts";

/** Keys that R2 deletes in one call. */
const DELETE_KEYS_MAX = 1_000;

/** Deletes every object under a prefix, but none under `keptPrefix`. */
export async function deleteObjects(
  bucket: R2Bucket,
  prefix: string,
  keptPrefix: string | null = null,
): Promise<void> {
  let cursor: string | undefined;
  do {
    const listed = await bucket.list({
      prefix,
      limit: DELETE_KEYS_MAX,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const keys = listed.objects
      .map((object) => object.key)
      .filter((key) => keptPrefix === null || !key.startsWith(keptPrefix));
    if (keys.length > 0) await bucket.delete(keys);
    cursor = listed.truncated ? listed.cursor : undefined;
  } while (cursor !== undefined);
}

/** The sha256 that R2 computed of an object, in hexadecimal; null where it holds none. */
export function sha256Of(object: R2Object): string | null {
  const digest = object.checksums.sha256;
  return digest === undefined ? null : toHex(digest);
}
