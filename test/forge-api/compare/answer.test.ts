import { describe, expect, it } from "vitest";
import { type ChangeableAnswer, diffChanged } from "./changed-answer.ts";
import type { JsonObject } from "./difference.ts";

describe("an answer is another one when", () => {
  it.each<[string, string, (answer: ChangeableAnswer) => unknown, string]>([
    [
      "its status is",
      "generate/steps_1",
      (a) => {
        a.status = 500;
      },
      "status: expected 200, got 500",
    ],
    [
      "a login header is missing",
      "auth/none-sdapi-v1-samplers",
      (a) => {
        delete a.headers["www-authenticate"];
      },
      "headers.www-authenticate: is missing",
    ],
    [
      "the allowed method is",
      "errors/get_txt2img",
      (a) => {
        a.headers.allow = "GET";
      },
      'headers.allow: expected "POST", got "GET"',
    ],
    [
      "a redirect leads elsewhere",
      "errors/slash",
      (a) => {
        a.headers.location = "/sdapi/v1/options";
      },
      "headers.location",
    ],
    [
      "it lets another origin in",
      "errors/cors_sdapi_foreign",
      (a) => {
        a.headers["access-control-allow-origin"] = "*";
      },
      "headers.access-control-allow-origin: is one key too many",
    ],
    [
      "it is compressed",
      "errors/gzip",
      (a) => {
        a.headers["content-encoding"] = "gzip";
      },
      "headers.content-encoding: is one key too many",
    ],
    [
      "the text of an error is",
      "img2img/bad_base64",
      (a) => {
        a.body.detail = "Invalid image";
      },
      "body.detail",
    ],
    [
      "the form of an error is",
      "generate/prompt_null",
      (a) => {
        a.body = { detail: "" };
      },
      "body.error: is missing",
    ],
    [
      "an error does not repeat the picture",
      "img2img/string",
      (a) => {
        ((a.body.detail as JsonObject[])[0] as JsonObject).input = "…";
      },
      "body.detail[0].input",
    ],
    [
      "a picture is none",
      "generate/extra_single",
      (a) => {
        a.body.image = null;
      },
      "body.image: is no picture",
    ],
    [
      "a waiting id is missing",
      "img2img/pending_after",
      (a) => {
        (a.body.tasks as string[]).pop();
      },
      "body.tasks: expected 5 entries, got 4",
    ],
    [
      "png-info tells the selected model",
      "generate/png_info",
      (a) => {
        (a.body.parameters as JsonObject).Model = "plain_sd15";
      },
      "body.parameters.Model: is one key too many",
    ],
    [
      "flags are refused in other words",
      "lists/cmd-flags",
      (a) => {
        a.body.error = "ValueError";
      },
      "body.error",
    ],
    [
      "the refused flags lack one",
      "lists/cmd-flags",
      (a) => {
        delete (a.body.body as JsonObject).no_hashing;
      },
      "body (flags): expected",
    ],
  ])("%s (%s)", async (_what, id, change, sentence) => {
    const differences = await diffChanged(id, change);
    expect(differences.join("\n")).toContain(sentence);
  });
});

describe("an answer is the same although", () => {
  it.each<[string, string, (answer: ChangeableAnswer) => unknown]>([
    [
      "another server sent it",
      "generate/steps_1",
      (a) => {
        a.headers.server = "other";
        a.headers["content-length"] = "1";
      },
    ],
    [
      "the address of a redirect is its own",
      "errors/slash",
      (a) => {
        a.headers.location = "https://forge.lan/sdapi/v1/options";
      },
    ],
    [
      "pydantic has another version",
      "generate/type_prompt",
      (a) => {
        ((a.body.detail as JsonObject[])[0] as JsonObject).url =
          "https://errors.pydantic.dev/3.0/v/string_type";
      },
    ],
    [
      "a card says that its memory does not suffice",
      "generate/width_huge",
      (a) => {
        a.body = {
          error: "OutOfMemoryError",
          detail: "",
          body: "",
          message: "CUDA out of memory. Tried to allocate 5 GiB.",
        };
      },
    ],
    [
      "Forge made up other ids",
      "img2img/pending_after",
      (a) => {
        a.body.tasks = (a.body.tasks as string[]).map(() => "task(img2img-ABCDEF9)");
      },
    ],
    [
      "the port is another",
      "lists/cmd-flags",
      (a) => {
        a.body.message = String(a.body.message).replace("7860", "7861");
      },
    ],
  ])("%s (%s)", async (_what, id, change) => {
    expect(await diffChanged(id, change)).toEqual([]);
  });
});
