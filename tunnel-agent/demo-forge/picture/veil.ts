import { drawBetween, type Random } from "./random.ts";
import type { Canvas } from "./scene.ts";

/**
 * Draws soft patches of light and shade over everything. They follow each setting of a job, so
 * that two pictures which were made with different settings always differ, at any size.
 */
export function drawVeil({ width, height, unit, palette }: Canvas, random: Random): string {
  const patches = [palette.light, palette.near, palette.light].map((colour, index) => {
    const x = (random() * width).toFixed(1);
    const y = (random() * height).toFixed(1);
    const radius = (unit * drawBetween(random, 0.45, 0.9)).toFixed(1);
    const opacity = drawBetween(random, 0.08, 0.24).toFixed(3);
    return `<radialGradient id="veil${index}" gradientUnits="userSpaceOnUse" cx="${x}" cy="${y}"
      r="${radius}"><stop offset="0" stop-color="${colour}" stop-opacity="${opacity}"/>
      <stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>
      <rect width="${width}" height="${height}" fill="url(#veil${index})"/>`;
  });
  return patches.join("\n");
}
