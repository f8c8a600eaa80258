import sharp from "sharp";
import type { Body, Job, Loss, Scenario } from "../loss.ts";

/** A request as it is when none of its scripts runs. */
export const withoutScripts = (request: Body) => {
  request.alwayson_scripts = {};
};

const WILDCARDS: Job = { alwayson_scripts: { "Dynamic Prompts": { args: [true, true] } } };

/** What a script does to a request that it has a say in. */
const changes = (of: string, change: Body, shows?: Scenario["shows"]): Scenario => ({
  where: "after",
  outcome: "completed, changed_by_script",
  field: "alwayson_scripts",
  of,
  job: WILDCARDS,
  lie: {
    asks: (request) => {
      withoutScripts(request);
      Object.assign(request, change);
    },
  },
  ...(shows && { shows }),
});

async function withoutText(picture: string): Promise<string> {
  return (await sharp(Buffer.from(picture, "base64")).png().toBuffer()).toString("base64");
}

/** What becomes of jobs whose scripts no Forge brings with it. */
export const EXTENSION_SCRIPTS: readonly Loss[] = [
  {
    wish: "ADetailer",
    forge: "makes the picture without it where its model or extension breaks",
    scenarios: [
      {
        where: "after",
        outcome: "completed, script_silent",
        field: "alwayson_scripts",
        job: {
          alwayson_scripts: {
            ADetailer: { args: [true, false, { ad_model: "face_yolov8n.pt" }] },
          },
        },
        lie: { asks: withoutScripts },
      },
    ],
  },
  {
    wish: "a script of an extension that has a say in number, seeds or sizes",
    forge: "makes what the script wants",
    scenarios: [
      changes("more pictures", { n_iter: 2 }, ({ view }) => [
        view?.images.map(({ seed }) => seed),
        [1, 2],
      ]),
      changes("another seed", { seed: 777 }),
      changes("another size", { width: 192 }),
      {
        where: "after",
        outcome: "completed, order_unproven",
        of: "pictures that it replaced",
        job: { n_iter: 2, ...WILDCARDS },
        lie: {
          asks: withoutScripts,
          answers: async (answer) => {
            answer.images = await Promise.all((answer.images as string[]).map(withoutText));
          },
        },
        shows: ({ view }) => [view?.images.map(({ seed }) => seed), [1, 2]],
      },
    ],
  },
  {
    wish: "any other script of an extension",
    forge: "makes the picture without it where the script breaks",
    scenarios: [
      {
        where: "unproved",
        because: "scripts tell nothing of themselves, or each in its own way",
        outcome: "completed",
        job: { alwayson_scripts: { "Tiled VAE": { args: [true] } } },
        lie: { asks: withoutScripts },
      },
    ],
  },
];
