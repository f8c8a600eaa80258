import type { Pixels } from "../picture/pixels.ts";
import { openPixels, readPixels } from "../picture/render.ts";

/** Weights that show where brightness changes. */
const EDGES = { width: 3, height: 3, kernel: [-1, -1, -1, -1, 8, -1, -1, -1, -1] };

/** Preprocessors whose map is light lines on black. */
const LINE_MAPS = /canny|lineart|softedge|scribble|mlsd|sketch|openpose|keypoints/;

/** Preprocessors whose map has no colours. */
const GREY_MAPS = /depth|normal|seg|threshold|recolor|densepose|face/;

/**
 * Draws what a preprocessor might make of a picture: lines, shades of grey, or the picture itself
 * where Forge keeps it ("None", reference, inpaint, tile). Arithmetic, no detection.
 */
export async function drawMap(module: string, picture: Pixels): Promise<Pixels> {
  const grey = () => readPixels(openPixels(picture).modulate({ saturation: 0 }));
  if (LINE_MAPS.test(module)) {
    const lines = openPixels(await grey()).convolve(EDGES);
    return readPixels(lines.normalise());
  }
  if (GREY_MAPS.test(module)) return grey();
  if (/invert/.test(module)) return readPixels(openPixels(picture).negate());
  if (/blur|shuffle/.test(module)) {
    return readPixels(openPixels(picture).blur(Math.max(1, picture.width / 24)));
  }
  return picture;
}
