import { drawDemoMark } from "./demo-mark.ts";
import { drawCity, drawDunes, drawForest, drawRidges, drawSea } from "./land.ts";
import { choosePalette, type Palette } from "./palette.ts";
import { createRandom, hashText, type Random } from "./random.ts";
import { drawSky } from "./sky.ts";
import { drawVeil } from "./veil.ts";

/** What decides a picture: equal subjects give equal pixels. */
export interface Subject {
  prompt: string;
  /** What moves stars, birds and windows: negative prompt, sampler, steps, scale ... */
  details: string;
  /** Every setting of the pass that draws it, for the light: hires fix keeps its details. */
  light: string;
  seed: number;
  model: string;
  width: number;
  height: number;
}

/** Where a layer draws and with what. */
export interface Canvas {
  width: number;
  height: number;
  /** The shorter side, the measure of everything that should not stretch. */
  unit: number;
  horizon: number;
  sun: { x: number; y: number; radius: number };
  palette: Palette;
  /** Follows the seed: the composition. */
  shape: Random;
  /** Follows prompt and settings: stars, birds, windows. */
  detail: Random;
}

const SCENES = {
  mountains: {
    words: "mountain mountains landscape castle valley snow volcano dragon",
    draw: drawRidges,
  },
  sea: { words: "sea ocean water beach wave lake ship boat island", draw: drawSea },
  dunes: { words: "desert dune dunes sand pyramid planet mars", draw: drawDunes },
  forest: {
    words: "forest tree trees jungle wood garden meadow fox deer wolf bird",
    draw: drawForest,
  },
  city: { words: "city street building neon cyberpunk town car robot", draw: drawCity },
} as const;

/** Draws the whole picture as SVG without any text, so that no font is needed. */
export function drawScene(subject: Subject): string {
  const { width, height } = subject;
  const shape = createRandom(`shape ${subject.seed}`);
  const detail = createRandom(`detail ${subject.seed} ${subject.prompt} ${subject.details}`);
  const nudge = createRandom(`nudge ${subject.prompt} ${subject.model}`);
  const unit = Math.min(width, height);
  const horizon = height * (0.56 + shape() * 0.16 + nudge() * 0.04);
  const canvas: Canvas = {
    width,
    height,
    unit,
    horizon,
    sun: {
      x: width * (0.18 + shape() * 0.6 + nudge() * 0.05),
      y: horizon * (0.42 + shape() * 0.36 + nudge() * 0.06),
      radius: unit * (0.045 + shape() * 0.045),
    },
    palette: choosePalette(subject.prompt, subject.model),
    shape,
    detail,
  };
  const scene = SCENES[chooseScene(subject.prompt)];
  const body = [
    drawSky(canvas),
    scene.draw(canvas),
    drawVeil(canvas, createRandom(`veil ${subject.seed} ${subject.prompt} ${subject.light}`)),
    drawVignette(canvas),
    drawDemoMark(width, height),
  ].join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${body}</svg>`;
}

function chooseScene(prompt: string): keyof typeof SCENES {
  const words = new Set(prompt.toLowerCase().match(/[a-z]+/g) ?? []);
  const names = Object.keys(SCENES) as (keyof typeof SCENES)[];
  const named = names.filter((name) => SCENES[name].words.split(" ").some((w) => words.has(w)));
  const pool = named.length > 0 ? named : names;
  return pool[hashText(`scene ${prompt}`) % pool.length] ?? "mountains";
}

function drawVignette({ width, height }: Canvas): string {
  return `<radialGradient id="vignette" cx="0.5" cy="0.45" r="0.8">
    <stop offset="0.55" stop-opacity="0"/><stop offset="1" stop-opacity="0.38"/></radialGradient>
    <rect width="${width}" height="${height}" fill="url(#vignette)"/>`;
}
