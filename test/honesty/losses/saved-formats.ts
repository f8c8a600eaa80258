import type { Loss, Scenario, Seen } from "../loss.ts";
import { CANNY, controlNet, setsOptions } from "./requests.ts";

/** The seed in a picture's own text, whichever format it has: JPEG and WebP hold it in UTF-16. */
function ownSeed(picture: Buffer): number {
  const text = picture.toString("latin1").replaceAll("\0", "");
  return Number(/Seed: (\d+)/.exec(text)?.[1]);
}

/** The seed of each result as the queue tells it, and as the picture itself does. */
export function seedsOf({ view, pictures }: Seen): unknown {
  return view?.images.map(({ seed }, at) => [seed, ownSeed(pictures[at] ?? Buffer.alloc(0))]);
}

const ownersFormat = (samples_format: string): Scenario => ({
  where: "never",
  because: "the text is read from every format that Forge hands over",
  outcome: "completed",
  job: { n_iter: 2 },
  owner: setsOptions({ samples_format }),
  shows: (seen) => [
    seedsOf(seen),
    [
      [1, 1],
      [2, 2],
    ],
  ],
});

/** What becomes of results on servers whose owners save pictures in one way or another. */
export const SAVED_FORMATS: readonly Loss[] = [
  {
    wish: "several pictures on a server that saves JPEG or WebP",
    forge: "has no text chunk to tell them by",
    scenarios: [ownersFormat("jpg"), ownersFormat("webp")],
  },
  {
    wish: "a picture on a server that writes no text into pictures",
    forge: "gives nothing to tell results by",
    scenarios: [
      {
        where: "never",
        because: "a job without control maps has results alone",
        outcome: "completed",
        job: { n_iter: 2 },
        owner: setsOptions({ enable_pnginfo: false }),
        server: {},
        shows: ({ view }) => [view?.images.map(({ seed }) => seed), [1, 2]],
      },
      {
        where: "after",
        outcome: "completed, order_unproven",
        job: controlNet(CANNY),
        owner: setsOptions({ enable_pnginfo: false }),
        server: {},
      },
    ],
  },
  {
    wish: "a picture, right after the owner of the box changed how pictures are saved",
    forge: "takes the change at once, and tells nobody",
    scenarios: [
      {
        where: "never",
        because: "Forge is looked at once more before a job fails for its options",
        outcome: "completed",
        job: {},
        owner: setsOptions({ samples_format: "avif" }),
        server: { ownerLater: setsOptions({ samples_format: "png" }) },
      },
      {
        where: "after",
        because: "the job is run once more",
        outcome: "completed",
        job: {},
        server: { ownerLater: setsOptions({ enable_pnginfo: false }) },
        shows: ({ view }) => [view?.retry_count, 1],
      },
    ],
  },
  {
    wish: "a picture on a server that saves a format which Forge cannot hand over",
    forge: "fails after all the work",
    scenarios: [
      {
        where: "before",
        outcome: "failed: unsupported_format",
        job: {},
        owner: setsOptions({ samples_format: "avif" }),
        server: {},
      },
      {
        where: "after",
        outcome: "failed: unsupported_format",
        job: {},
        owner: setsOptions({ samples_format: "avif" }),
      },
    ],
  },
];
