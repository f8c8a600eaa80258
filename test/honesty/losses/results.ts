import type { DemoForge } from "../../../tunnel-agent/demo-forge/server.ts";
import type { Body, Chapter, Job, Scenario } from "../loss.ts";
import { CANNY, controlNet, presses, setsOptions } from "./requests.ts";
import { SAVED_FORMATS, seedsOf } from "./saved-formats.ts";

const PHOTO = { picture: "photo" };
const MASKED = { init_image: PHOTO, mask: { picture: "mask" }, mask_blur: 0 };

const images = (answer: Body) => answer.images as string[];

/** A job whose results Forge is made to spoil. */
const spoilt = (
  outcome: Scenario["outcome"],
  job: Job,
  answers: (answer: Body) => void,
): Scenario => ({ where: "after", outcome, job, lie: { answers } });

/** Presses a button on Forge's page in the middle of a job, and nothing can be seen of it a moment later. */
const pressesInTheMiddle = (button: "interrupt" | "skip") => async (forge: DemoForge) => {
  forge.faults.set({ hangAtStep: 1 });
  const job = await nextJob(forge, forge.jobs.length);
  while (job.stepsDone < 2) await tick();
  await presses(button)(forge);
  forge.faults.clear();
};

const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

async function nextJob({ jobs }: DemoForge, count: number) {
  for (;;) {
    const job = jobs[count];
    if (job) return job;
    await tick();
  }
}

export const RESULTS: Chapter = {
  name: "results",
  title: "Results",
  losses: [
    {
      wish: "several pictures",
      forge: "gives fewer when it is interrupted, with the seeds of all",
      scenarios: [
        spoilt("failed: incomplete_result", { n_iter: 2 }, (answer) => void images(answer).pop()),
        spoilt("failed: incomplete_result", {}, (answer) => {
          answer.images = [];
        }),
        {
          where: "after",
          outcome: "failed: not_as_asked",
          field: "n_iter",
          job: {},
          lie: {
            asks: (request) => {
              request.n_iter = 2;
            },
          },
        },
      ],
    },
    {
      wish: "a picture, and somebody presses Interrupt or Skip at Forge",
      forge: "gives the half-drawn picture as a whole one",
      scenarios: [
        {
          where: "after",
          because: "after three times",
          outcome: "failed: incomplete_result",
          of: "interrupt",
          job: {},
          lie: { meanwhile: pressesInTheMiddle("interrupt") },
        },
        {
          where: "after",
          because: "after three times",
          outcome: "failed: incomplete_result",
          of: "skip",
          job: {},
          lie: { meanwhile: pressesInTheMiddle("skip") },
        },
        {
          where: "after",
          because: "the job is run once more",
          outcome: "completed",
          job: {},
          lie: { meanwhile: pressesInTheMiddle("interrupt"), times: 1 },
          shows: ({ view, pictures, alone }) => [
            [view?.retry_count, pictures[0]?.equals(alone)],
            [1, true],
          ],
        },
        {
          where: "unproved",
          because: "Skip in any batch but the last, when nobody looks for a moment",
          outcome: "completed",
          job: { n_iter: 2 },
          lie: {
            meanwhile: pressesInTheMiddle("skip"),
            lists: {
              "/sdapi/v1/progress": ({ state, ...rest }: { state: Body }) => ({
                ...rest,
                state: { ...state, skipped: false },
              }),
            },
          },
        },
      ],
    },
    {
      wish: "a picture, after somebody pressed Interrupt at an idle Forge",
      forge: "goes on telling that it was interrupted until a job begins",
      scenarios: [
        {
          where: "never",
          because: "a job clears what was pressed before it",
          outcome: "completed",
          job: {},
          owner: presses("interrupt"),
          shows: ({ view }) => [view?.retry_count, 0],
        },
      ],
    },
    {
      wish: "a picture that arrives in pieces",
      forge: "does not keep what it has sent",
      scenarios: [
        spoilt("failed: incomplete_result", {}, (answer) => {
          const [first = ""] = images(answer);
          answer.images = [first.slice(0, first.length / 2)];
        }),
        {
          where: "after",
          because: "the job is run once more",
          outcome: "completed",
          job: {},
          fault: { truncateAnswer: 1 },
          shows: ({ view }) => [view?.retry_count, 1],
        },
        {
          where: "after",
          because: "the job is run once more",
          outcome: "completed",
          job: {},
          fault: { dropAnswer: 1 },
          shows: ({ view }) => [view?.retry_count, 1],
        },
      ],
    },
    {
      wish: "several pictures, each with its seed",
      forge: "puts grids, masks and control maps among them, and fewer texts than pictures",
      scenarios: [
        {
          where: "never",
          because: "a result is told by the text that it carries, whatever the order",
          outcome: "completed",
          job: { batch_size: 2, n_iter: 2 },
          lie: { answers: (answer) => void images(answer).reverse() },
          shows: (seen) => [seedsOf(seen), [4, 3, 2, 1].map((seed) => [seed, seed])],
        },
        {
          where: "never",
          because: "the grid of Prompt matrix carries no text",
          outcome: "completed",
          job: {
            positive_prompt: "a cube|red|on a table",
            script: { name: "Prompt matrix", args: [false, true, "positive", "comma", 0] },
          },
          shows: (seen) => [seedsOf(seen), [1, 2, 3, 4].map((seed) => [seed, seed])],
        },
        {
          where: "never",
          because: "control maps carry no text",
          outcome: "completed",
          job: { n_iter: 2, ...controlNet(CANNY) },
          shows: (seen) => [seedsOf(seen), [1, 2].map((seed) => [seed, seed])],
        },
        {
          where: "never",
          because: "every job asks for its results without masks",
          outcome: "completed",
          job: { img2img: MASKED },
          owner: setsOptions({ return_mask: true, return_mask_composite: true }),
          shows: (seen) => [seedsOf(seen), [[1, 1]]],
        },
      ],
    },
    {
      wish: "a picture as Forge makes it",
      forge: "saves it too, changes its pixels for that, and puts a grid before it",
      scenarios: [
        {
          where: "never",
          because: "no job is saved on the box",
          outcome: "completed",
          job: { n_iter: 2 },
          shows: ({ sent: [request] }) => [request?.save_images, false],
        },
      ],
    },
    {
      wish: "only the masked part of a picture repainted",
      forge: "tells the job's size, and gives the input's",
      scenarios: [
        {
          where: "never",
          because: "the picture itself is measured",
          outcome: "completed",
          job: { width: 64, height: 64, img2img: { ...MASKED, inpaint_full_res: true } },
          shows: ({ view }) => [
            view?.images.map(({ width, height }) => [width, height]),
            [[128, 128]],
          ],
        },
      ],
    },
    {
      wish: "a picture of which Forge tells a number that is none",
      forge: "writes a bare NaN, which is no JSON",
      scenarios: [
        {
          where: "never",
          because: "it is read as Python writes it",
          outcome: "completed",
          job: {},
          lie: {
            answers: (answer) => {
              answer.info = String(answer.info).replace(
                '"denoising_strength": null',
                '"denoising_strength": NaN',
              );
            },
          },
        },
      ],
    },
    ...SAVED_FORMATS,
  ],
};
