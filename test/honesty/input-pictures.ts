import sharp, { type Sharp } from "sharp";

const SIDE = 128;

const plain = (background: string, width = SIDE, height = SIDE, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background } });

/** A square in the middle of a picture of one colour. */
const withSquare = (under: string, square: string, channels: 3 | 4 = 3) =>
  plain(under, SIDE, SIDE, channels).composite([
    { input: { create: { width: 48, height: 48, channels, background: square } } },
  ]);

const png = (image: Sharp) => image.png().toBuffer();

/** Input pictures of the jobs, by the name under which a job asks for them. */
const MAKERS = {
  photo: () => png(withSquare("#3050a0", "#e0a020")),
  /** A photo that broke off on its way to whoever uploads it. */
  brokenPhoto: async () => {
    const whole = await png(plain("#3050a0", 256, 256).composite([await noise()]));
    return whole.subarray(0, whole.length / 2);
  },
  palettePhoto: () => withSquare("#3050a0", "#e0a020").png({ palette: true }).toBuffer(),
  noPicture: async () => Buffer.from("This is a text, whatever its name says."),
  mask: () => png(withSquare("#000000", "#ffffff")),
  emptyMask: () => png(plain("#000000")),
  fullMask: () => png(plain("#ffffff")),
  /** White all over, but for Forge its transparency counts, and that is empty. */
  clearMask: () => png(plain("#ffffff00", SIDE, SIDE, 4)),
  smallMask: () => png(plain("#ffffff", 64, 64)),
} satisfies Record<string, () => Promise<Buffer>>;

async function noise() {
  const create = {
    width: 256,
    height: 256,
    channels: 3,
    background: "#000000",
    noise: { type: "gaussian", mean: 128, sigma: 60 },
  } as const;
  return { input: await sharp({ create }).png().toBuffer() };
}

export type PictureName = keyof typeof MAKERS;

/** The bytes of an input picture. */
export function makePicture(name: PictureName): Promise<Buffer> {
  return MAKERS[name]();
}
