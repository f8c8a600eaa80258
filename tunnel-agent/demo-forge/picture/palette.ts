import { createRandom, drawBetween, hashText } from "./random.ts";

/** Colours of one picture as "#rrggbb". `sky` runs from the zenith to the horizon. */
export interface Palette {
  sky: string[];
  light: string;
  far: string;
  near: string;
  isDark: boolean;
}

type Mood = [words: string, sky: string, light: string, far: string, near: string, isDark: boolean];

// The first mood that a prompt names counts: the hour of the day before the subject.
const MOODS: Mood[] = [
  [
    "sunset dusk evening twilight",
    "#1d1b4c #5d2f7d #d95f86 #ffb27d",
    "#ffe9b8",
    "#8a4a86",
    "#1a0f2e",
    false,
  ],
  [
    "night star stars moon aurora space galaxy dark",
    "#040820 #0a1a44 #12405f #1f7a78",
    "#eafcff",
    "#1b4a5e",
    "#030912",
    true,
  ],
  [
    "sunrise dawn morning",
    "#4676b0 #8fb7dc #f6cfae #fdecc9",
    "#fffbe6",
    "#93aecb",
    "#22405f",
    false,
  ],
  [
    "sea ocean water beach wave lake blue sky cloud clouds",
    "#11497c #3186ba #8fd0de #eef7e6",
    "#fffdf0",
    "#5ea6bf",
    "#0d3350",
    false,
  ],
  [
    "forest tree trees green jungle meadow",
    "#7fb6a4 #b2d8b8 #e2efc9 #f8f4d8",
    "#fffbe0",
    "#86b596",
    "#12331f",
    false,
  ],
  [
    "fire red lava volcano dragon ember",
    "#1c0a18 #64152a #cf3f2a #ffab4d",
    "#fff0c4",
    "#8c2a2e",
    "#170609",
    true,
  ],
  [
    "pink rose flower girl woman love portrait",
    "#47306b #a25c9f #f2a0b5 #ffe2d5",
    "#fff6ea",
    "#b57aa6",
    "#33204c",
    false,
  ],
  [
    "gold golden desert dune autumn yellow orange",
    "#33566e #8fa39a #f0c88a #ffe7b0",
    "#fffbe2",
    "#d39a63",
    "#5a2c1c",
    false,
  ],
  [
    "snow winter ice white frost cold",
    "#5b7fb0 #9dbcdc #dbe8f2 #f7f1ea",
    "#ffffff",
    "#a9c1d8",
    "#2b4668",
    false,
  ],
  [
    "purple violet magic wizard fantasy neon cyberpunk",
    "#120a36 #3a1c78 #9a3fb0 #ff8fb1",
    "#ffe6fb",
    "#5c2f91",
    "#0d0626",
    true,
  ],
];

/** Chooses the colours: the prompt's words decide the mood, the model tints it. */
export function choosePalette(prompt: string, model: string): Palette {
  const words = new Set(prompt.toLowerCase().match(/[a-z]+/g) ?? []);
  const named = MOODS.find((mood) => mood[0].split(" ").some((word) => words.has(word)));
  const mood = named ?? MOODS[hashText(`mood ${prompt}`) % MOODS.length];
  if (mood === undefined) throw new Error("There is no palette to choose from");
  const random = createRandom(`tint ${model}`);
  const hueShift = drawBetween(random, -16, 16);
  const richness = drawBetween(random, 0.85, 1.18);
  const tint = (colour: string) => shiftColour(colour, hueShift, richness);
  const [, sky, light, far, near, isDark] = mood;
  return {
    sky: sky.split(" ").map(tint),
    light: tint(light),
    far: tint(far),
    near: tint(near),
    isDark,
  };
}

/** Mixes two "#rrggbb" colours; 0 is the first, 1 the second. */
export function mixColours(first: string, second: string, share: number): string {
  const from = parseColour(first);
  const to = parseColour(second);
  return formatColour(from.map((value, index) => value + ((to[index] ?? value) - value) * share));
}

function parseColour(colour: string): number[] {
  const number = Number.parseInt(colour.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function formatColour(channels: number[]): string {
  const hex = channels.map((value) => Math.round(Math.min(255, Math.max(0, value))));
  return `#${hex.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

// The hue rotation of the SVG filter "hueRotate", which keeps the brightness as it is.
function shiftColour(colour: string, degrees: number, richness: number): string {
  const [red = 0, green = 0, blue = 0] = parseColour(colour);
  const grey = 0.213 * red + 0.715 * green + 0.072 * blue;
  const cos = Math.cos((degrees * Math.PI) / 180) * richness;
  const sin = Math.sin((degrees * Math.PI) / 180) * richness;
  return formatColour([
    grey + cos * (red - grey) + sin * (-0.213 * red - 0.715 * green + 0.928 * blue),
    grey + cos * (green - grey) + sin * (0.143 * red + 0.14 * green - 0.283 * blue),
    grey + cos * (blue - grey) + sin * (-0.787 * red + 0.715 * green + 0.072 * blue),
  ]);
}
