import sharp from "sharp";

/** The input pictures of the table. */
export const INPUTS = ["init", "mask", "reference"] as const;
export type InputName = (typeof INPUTS)[number];

/** Wider than it is high, so that every resize mode does something else to it. */
const WIDE = { width: 96, height: 64 };

function draw(svg: string): Promise<Buffer> {
  const { width, height } = WIDE;
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${svg}</svg>`;
  return sharp(Buffer.from(picture)).flatten({ background: "#000" }).png().toBuffer();
}

/** Draws all of them, as PNG. The same bytes each time. */
export async function drawInputs(): Promise<Record<InputName, Buffer>> {
  const sky =
    '<linearGradient id="s" x2="0" y2="1"><stop stop-color="#246"/><stop offset="1" stop-color="#fc8"/></linearGradient>';
  return {
    init: await draw(
      `<defs>${sky}</defs><rect width="96" height="64" fill="url(#s)"/><circle cx="30" cy="28" r="14" fill="#c33"/><rect x="56" y="30" width="26" height="24" fill="#385"/>`,
    ),
    // Clear of the border, so that only masked and whole picture are not the same.
    mask: await draw('<rect x="20" y="16" width="32" height="32" fill="#fff"/>'),
    reference: await draw(
      '<rect width="96" height="64" fill="#ddc"/><path d="M8 60 40 6l20 34 12-18 20 38z" fill="#457"/>',
    ),
  };
}
