import { isNear } from "../pictures-seen.ts";
import { loadExchange } from "../recording.ts";
import type { Session } from "../session.ts";
import { type Case, exchange, type Group, readImages } from "./case.ts";

const cases = (...names: string[]) => names.map((name) => exchange(`img2img/${name}`));

const INIT_IMAGES: Group = {
  name: "img2img: init images",
  needs: ["page", "model"],
  cases: cases(
    ...["plain", "no_images", "empty_list", "two_for_one", "data_url", "data_url_broken"],
    ...["bad_base64", "not_an_image", "http_url", "string", "rgba_init", "empty_string"],
    // After all the unreadable ones: their ids wait for ever.
    ...["pending_after", "include_init_images", "two_batch2", "denoise_0", "denoise_2"],
  ),
};

const MASKS: Group = {
  name: "img2img: masks and sizes",
  needs: ["page", "model"],
  cases: [
    ...cases("mask", "mask_rgba", "mask_defaults", "mask_only_masked", "mask_black", "mask_bad"),
    ...cases("mask_returned", "fill_0", "fill_1", "fill_2", "fill_3", "fill_4"),
    ...cases("resize_0", "resize_1", "resize_2", "resize_3", "resize_4"),
  ],
};

/** Pairs of requests that Forge takes for the same; their pictures agree but for the last bits. */
const SAME: [string, string][] = [
  ["data_url", "plain"],
  ["include_init_images", "plain"],
  ["mask_black", "plain"],
  ["mask_returned", "mask"],
  ["fill_1", "mask"],
  ["fill_4", "fill_1"],
  ["resize_4", "resize_2"],
];

function createFact([one, two]: [string, string]): Case {
  return {
    id: `img2img/${one} = img2img/${two}`,
    run: async ({ answers }: Session) => {
      const [first, second] = [one, two].map((name) => answers.get(`img2img/${name}`));
      const [image] = first ? readImages(first) : [];
      const [twin] = second ? readImages(second) : [];
      if (image === undefined || twin === undefined) return ["one of the two has no picture"];
      return (await isNear(image, twin))
        ? []
        : ["the pictures differ in more than their last bits"];
    },
  };
}

const SAME_PICTURES: Group = {
  name: "img2img: equal pictures",
  needs: ["page", "model"],
  cases: SAME.map(createFact),
};

/** Whether the recordings themselves bear out each pair; for the suite's own test. */
export async function listBrokenPairs(): Promise<string[]> {
  const broken: string[] = [];
  for (const pair of SAME) {
    const [one = "", two = ""] = pair.map(
      (name) => readImages(loadExchange(`img2img/${name}`).response)[0],
    );
    if (!(await isNear(one, two))) broken.push(pair.join(" = "));
  }
  return broken;
}

/** img2img, in an order in which no case spoils another. */
export const IMG2IMG: Group[] = [INIT_IMAGES, MASKS, SAME_PICTURES];
