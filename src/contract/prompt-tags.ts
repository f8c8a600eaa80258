/** A tag of a prompt that calls a LoRA: `<lora:name:weight>` (Forge, modules/extra_networks.py). */
const LORA_TAG = /<lora:([^>:]+)[^>]*>/g;

/** The LoRAs that a prompt calls, each once. One that is missing makes Forge drop all of them in silence. */
export function lorasOf(prompt: string): string[] {
  return [...new Set([...prompt.matchAll(LORA_TAG)].map(([, name = ""]) => name))];
}
