import { changeOptions } from "../change-options.ts";
import type { Forge } from "../forge.ts";
import { generate } from "../generate.ts";
import { upscalePicture } from "../extra-single.ts";
import { parseInfotext } from "../infotext-parser.ts";
import type { Options } from "../option-store.ts";
import type { GenerationRequest } from "../plan.ts";
import { readParameters } from "../png.ts";
import {
  EXTRA_SINGLE_FIELDS,
  IMG2IMG_FIELDS,
  PNG_INFO_FIELDS,
  TXT2IMG_FIELDS,
} from "../request-fields.ts";
import { decodeBytes } from "../sent-picture.ts";
import { validateBody, validateDictionary } from "../validation.ts";
import { JsonText, type Route, route, routeWithBody } from "./route.ts";

/** The routes that make or read pictures, and the options that they obey. */
export const WORK_ROUTES: Route[] = [
  routeWithBody(
    "/sdapi/v1/txt2img",
    (json) => validateBody(json, TXT2IMG_FIELDS),
    (forge, { body }) => answerPictures(forge, { kind: "txt2img", body }),
    { isGeneration: true, schema: "StableDiffusionProcessingTxt2Img" },
  ),
  routeWithBody(
    "/sdapi/v1/img2img",
    (json) => validateBody(json, IMG2IMG_FIELDS),
    (forge, { body }) => answerPictures(forge, { kind: "img2img", body }),
    { isGeneration: true, schema: "StableDiffusionProcessingImg2Img" },
  ),
  routeWithBody(
    "/sdapi/v1/png-info",
    (json) => validateBody(json, PNG_INFO_FIELDS),
    async ({ options }, { body }) => {
      const info = await readParameters(await decodeBytes(body.image));
      const selected = String(options.get("sd_model_checkpoint") ?? "");
      return { info, items: {}, parameters: parseInfotext(info, selected) };
    },
    { schema: "PNGInfoRequest" },
  ),
  routeWithBody(
    "/sdapi/v1/extra-single-image",
    (json) => validateBody(json, EXTRA_SINGLE_FIELDS),
    (forge, { body }) => upscalePicture(forge, body),
    { schema: "ExtrasSingleImageRequest" },
  ),
  route("GET /sdapi/v1/options", ({ options }) => options.list()),
  routeWithBody("/sdapi/v1/options", validateDictionary, (forge, { body }) =>
    storeOptions(forge, body),
  ),
];

async function answerPictures(forge: Forge, request: GenerationRequest): Promise<JsonText> {
  const { text, record } = await generate(forge, request);
  return new JsonText(text, () => {
    record.answeredAt = forge.clock.now();
  });
}

function storeOptions(forge: Forge, changes: Options): null {
  changeOptions(forge, changes);
  return null;
}
