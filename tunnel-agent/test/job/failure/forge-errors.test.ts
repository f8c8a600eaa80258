import { describe, expect, it } from "vitest";
import { redact } from "../../../src/job/failure/failure.ts";
import {
  classifyError,
  isForgeNotUp,
  isOutOfMemory,
} from "../../../src/job/failure/forge-errors.ts";
import { recorded, recordedRefusals } from "../after/recorded.ts";

/** As Forge tells of an exception. */
const forge500 = (error: string, message: string) => ({
  status: 500,
  body: { error, detail: "", body: "", message },
});

/** The same from A1111 and what descends from it. */
const older500 = (error: string, errors: string, detail = "") => ({
  status: 500,
  body: { error, detail, body: "", errors },
});

describe("an error of Forge becomes one code", () => {
  it.each([
    // What the box lacks.
    ["AssertionError", "You do not have VAE state dict!", "user", "modules_missing", "modules"],
    ["AssertionError", "You do not have CLIP state dict!", "user", "modules_missing", "modules"],
    ["AssertionError", "You do not have T5 state dict!", "user", "modules_missing", "modules"],
    ["ValueError", "Failed to recognize model type!", "user", "bad_model_file", "checkpoint_name"],
    [
      "AssertionError",
      "You do not have model state dict!",
      "user",
      "bad_model_file",
      "checkpoint_name",
    ],
    [
      "SafetensorError",
      "Error while deserializing header: HeaderTooLarge",
      "user",
      "bad_model_file",
      undefined,
    ],
    [
      "RuntimeError",
      "PytorchStreamReader failed reading zip archive: failed finding central directory",
      "user",
      "bad_model_file",
      undefined,
    ],
    [
      "KeyError",
      "'forge_unet_storage_dtype'",
      "user",
      "missing_name",
      "settings.forge_unet_storage_dtype",
    ],
    ["KeyError", "'forge_additional_modules'", "user", "missing_name", "modules"],
    ["Exception", "Sampler UniPC is not supported for SDXL", "user", "invalid_job", "sampler_name"],
    // Memory, on whichever device.
    [
      "OutOfMemoryError",
      "CUDA out of memory. Tried to allocate 2 GiB",
      "resource",
      "oom",
      undefined,
    ],
    ["RuntimeError", "CUDA error: out of memory", "resource", "oom", undefined],
    ["RuntimeError", "MPS backend out of memory", "resource", "oom", undefined],
    [
      "RuntimeError",
      "DefaultCPUAllocator: not enough memory: you tried",
      "resource",
      "oom",
      undefined,
    ],
    ["MemoryError", "", "resource", "oom", undefined],
    [
      "OSError",
      "The paging file is too small for this operation to complete. (os error 1455)",
      "resource",
      "oom",
      undefined,
    ],
    // Parts that do not fit, and what came of it.
    [
      "RuntimeError",
      "mat1 and mat2 shapes cannot be multiplied (154x2048 and 768x320)",
      "user",
      "invalid_job",
      undefined,
    ],
    [
      "NansException",
      "A tensor with all NaNs was produced in Unet.",
      "user",
      "forge_error",
      undefined,
    ],
    ["ValueError", "EXIF data is too long", "user", "unsupported_format", undefined],
    // What may be over the next time.
    ["IndexError", "list assignment index out of range", "infra", "forge_error", undefined],
    ["RuntimeError", "CUDA error: device-side assert triggered", "infra", "forge_error", undefined],
    ["OSError", "[Errno 28] No space left on device", "infra", "forge_error", undefined],
    [
      "FileNotFoundError",
      "[Errno 2] No such file or directory: '/home/alice/forge/x.pth'",
      "infra",
      "forge_error",
      undefined,
    ],
    ["KeyError", "'control'", "infra", "forge_error", undefined],
    ["AssertionError", "", "infra", "forge_error", undefined],
    ["Exception", "something new", "infra", "forge_error", undefined],
  ] as const)("%s: %s is %s, %s, field %s", (type, message, kind, reason, field) => {
    expect(classifyError(forge500(type, message))).toMatchObject({ kind, reason });
    expect(classifyError(forge500(type, message)).field).toBe(field);
    expect(classifyError(older500(type, message))).toMatchObject({ kind, reason });
  });

  it.each([
    ["generate/alwayson_selectable", "user", "invalid_job", "alwayson_scripts"],
    ["generate/alwayson_unknown", "user", "missing_name", undefined],
    ["generate/script_unknown", "user", "missing_name", undefined],
    ["generate/refiner_unknown", "user", "missing_name", undefined],
    ["generate/hires_unknown_upscaler", "user", "missing_name", "hires.upscaler"],
    ["generate/hires_ui_sampler_text", "user", "missing_name", "hires.sampler_name"],
    ["generate/options_unknown_model", "user", "missing_name", "checkpoint_name"],
    ["generate/override_unknown_key", "infra", "forge_error", undefined],
    ["generate/override_wrong_type", "user", "invalid_job", undefined],
    ["generate/format_avif", "user", "unsupported_format", undefined],
    ["generate/width_huge", "resource", "oom", undefined],
    ["generate/steps_0", "user", "invalid_job", undefined],
    ["generate/steps_negative", "user", "invalid_job", undefined],
    ["generate/batch_0", "user", "invalid_job", undefined],
    ["generate/seed_huge", "user", "invalid_job", undefined],
    ["generate/width_0", "user", "invalid_job", undefined],
    ["generate/width_negative", "user", "invalid_job", undefined],
    ["generate/prompt_null", "infra", "forge_error", undefined],
    ["generate/hires_modules_missing", "infra", "forge_error", undefined],
    ["img2img/bad_base64", "user", "bad_image", undefined],
    ["img2img/not_an_image", "user", "bad_image", undefined],
    ["img2img/mask_bad", "user", "bad_image", undefined],
    ["img2img/no_images", "user", "bad_image", "img2img.init_image"],
    ["auth/none-sdapi-v1-samplers", "infra", "forge_login", undefined],
    ["auth/wrong_password-sdapi-v1-samplers", "infra", "forge_login", undefined],
    ["errors/bad_utf8", "infra", "forge_error", undefined],
    ["lists/cmd-flags", "infra", "forge_error", undefined],
  ] as const)("as recorded in %s it is %s, %s, field %s", (name, kind, reason, field) => {
    const found = classifyError(recorded(name));
    expect(found).toMatchObject({ kind, reason });
    expect(found.field).toBe(field);
  });
});

describe("an error of Forge in words", () => {
  it.each([
    [
      forge500("AssertionError", "You do not have T5 state dict!"),
      "This model's file brings no T5 text encoder. Name one under modules.",
      "The file for it belongs into models/VAE or models/text_encoder of Forge.",
    ],
    [
      forge500("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2 GiB"),
      "The server ran out of memory. Choose a smaller picture, a smaller batch or less upscaling.",
      'Close what else uses the graphics card, or lower "GPU Weights" in Forge. Forge says: OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB.',
    ],
    [
      recorded("generate/hires_unknown_upscaler"),
      'This Forge has no upscaler "NoSuchUpscaler". Choose another one.',
      "If its file was just added, restart Forge.",
    ],
    [
      recorded("generate/alwayson_unknown"),
      'This Forge has no script "no such script". Switch it off in the job.',
      "If its extension is installed, see whether Forge's console reports an error of it.",
    ],
    [
      recorded("auth/none-sdapi-v1-samplers"),
      "The server's Forge asks its agent for a login.",
      "Set FORGE_API_AUTH to the user:password that Forge was started with (--api-auth).",
    ],
    [
      forge500("KeyError", "'forge_unet_storage_dtype'"),
      'This Forge has no setting "forge_unet_storage_dtype". Leave it out of the job.',
      "A newer Forge may have it.",
    ],
    [
      recorded("generate/prompt_null"),
      "Forge stopped with an error and gave no reason (AssertionError).",
      "Forge's console shows more about it.",
    ],
    [
      { status: 502, body: undefined },
      "Forge stopped with an error and gave no reason (status 502).",
      "Forge's console shows more about it.",
    ],
  ])("%j says to the user: %s", (answer, message, owner_message) => {
    expect(classifyError(answer)).toMatchObject({ message, owner_message });
  });

  it("of validation is told by place and rule, never by the value that it repeats", () => {
    const found = classifyError(recorded("img2img/string"));
    expect(found).toMatchObject({ kind: "user", reason: "invalid_job" });
    expect(found.message).toBe(
      "Forge refused the request: init_images: Input should be a valid list.",
    );
    expect(JSON.stringify(found)).not.toContain("iVBOR");
  });

  it("is read in the form of older WebUIs too, with and without words of an exception", () => {
    const oom = older500("OutOfMemoryError", "CUDA out of memory");
    expect(classifyError(oom)).toMatchObject({ reason: "oom" });
    const picture = older500("HTTPException", "", "Invalid encoded image");
    expect(classifyError(picture)).toMatchObject({ reason: "bad_image" });
  });

  it("that is long is cut, and says so", () => {
    const { message } = classifyError(forge500("Exception", "so ".repeat(1_000)));
    expect(message.length).toBeLessThan(400);
    expect(message).toMatch(/…$/);
  });

  it("of a Forge that is only starting says nothing about the job", () => {
    expect(isForgeNotUp(recorded("errors/not_found"))).toBe(true);
    expect(isForgeNotUp(recorded("img2img/no_images"))).toBe(false);
  });

  it("says when unloading the model may help", () => {
    expect(isOutOfMemory(recorded("generate/width_huge"))).toBe(true);
    expect(isOutOfMemory(older500("OutOfMemoryError", ""))).toBe(true);
    expect(isOutOfMemory(recorded("generate/steps_0"))).toBe(false);
  });
});

describe("no error of Forge tells where it is installed, or repeats a picture", () => {
  const FOLDERS = ["/home/alice/forge", "C:\\Users\\alice\\forge", "C:\\\\Users\\\\alice\\\\forge"];

  it("is looked for in every error that was recorded", () => {
    expect(recordedRefusals().length).toBeGreaterThan(50);
  });

  it.each(recordedRefusals())("as recorded in %s", (_name, { status, body }) => {
    for (const folder of FOLDERS) {
      // Forge's folder stands in the bodies wherever Forge told it; put into a sentence, it must go as well.
      const there = JSON.parse(
        JSON.stringify(body ?? null).replaceAll("FORGE_DIR", folder.replaceAll("\\", "\\\\")),
      );
      const told = JSON.stringify(classifyError({ status, body: there }));
      expect(told).not.toMatch(/alice|[A-Za-z0-9+/=]{200}/);
      expect(redact(JSON.stringify(there))).not.toContain("alice");
    }
  });

  it.each(FOLDERS)("with %s in the words of an exception", (folder) => {
    for (const type of ["FileNotFoundError", "OSError", "SafetensorError", "Exception"]) {
      const message = `cannot open '${folder}${folder.includes("\\") ? "\\" : "/"}models\\x.safetensors'`;
      const told = classifyError(forge500(type, message));
      expect(JSON.stringify(told)).not.toContain("alice");
      expect(JSON.stringify(told)).toContain("x.safetensors");
    }
  });
});
