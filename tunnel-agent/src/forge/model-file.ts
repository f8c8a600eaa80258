import { open } from "node:fs/promises";
import * as z from "zod";

/** Bytes of a safetensors header: the largest models name some ten thousand tensors. */
const HEADER_BYTES_MAX = 50_000_000;

/** How tensors of each part are called (huggingface_guess, model_list.py: `vae_key_prefix`, `text_encoder_key_prefix`). */
const VAE = ["vae.", "first_stage_model."];
const TEXT_ENCODERS = [
  "text_encoders.",
  "text_encoder.",
  "cond_stage_model.",
  "conditioner.embedders.",
];

const Header = z.record(z.string(), z.unknown());

/** The names of all tensors in a safetensors file: a length in 8 bytes, then JSON (format's README). */
async function tensorNames(path: string): Promise<string[] | null> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    const length = bytesRead === 8 ? Number(buffer.readBigUInt64LE()) : 0;
    if (length === 0 || length > HEADER_BYTES_MAX) return null;
    const header = await file.read(Buffer.alloc(length), 0, length, 8);
    const parsed = Header.safeParse(JSON.parse(header.buffer.toString("utf8")));
    return parsed.success ? Object.keys(parsed.data) : null;
  } finally {
    await file.close();
  }
}

/**
 * Whether a checkpoint's file holds no VAE or no text encoders, so that a job must name some. Null where
 * that cannot be seen from here: the file lies on another machine, or is of a kind without a header.
 */
export async function lacksModules(path: string): Promise<boolean | null> {
  // A GGUF file is a quantised diffusion model and nothing else.
  if (/\.gguf$/i.test(path)) return true;
  if (!/\.(safetensors|sft)$/i.test(path)) return null;
  try {
    const names = await tensorNames(path);
    if (names === null) return null;
    const has = (prefixes: string[]) =>
      names.some((name) => prefixes.some((prefix) => name.startsWith(prefix)));
    return !has(VAE) || !has(TEXT_ENCODERS);
  } catch (error) {
    // An error with a code is the disk's: whatever it is, the file cannot be read from here.
    const isOfDisk = error instanceof Error && "code" in error;
    if (error instanceof SyntaxError || isOfDisk) return null;
    throw error;
  }
}
