import sharp, { type Channels, type Sharp } from "sharp";

/** A picture decoded: a byte for each channel of each pixel. */
export interface Pixels {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

/** Decodes what comes out of the pipeline. Throws where that is damaged. */
export async function takePixels(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** A pipeline that begins with pixels. */
export const openPixels = ({ data, ...raw }: Pixels): Sharp => sharp(data, { raw });
