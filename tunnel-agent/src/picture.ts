import type { UploadRef } from "@mobilesd/contract";

/** An input picture, as it was handed over. It becomes base64 only while it is sent. */
export class Picture {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A picture that was fetched before. Throws where it was not, which is a fault of this program. */
export function pictureOf(
  pictures: ReadonlyMap<string, Picture>,
  { upload_id }: UploadRef,
): Picture {
  const picture = pictures.get(upload_id);
  if (!picture) throw new Error(`The picture ${upload_id} was not fetched`);
  return picture;
}
