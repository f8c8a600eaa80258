/** What a case needs of a Forge beside one checkpoint, in the words of the report. */
export const NEEDS = {
  other: "a second checkpoint that runs without further modules",
  lora: "a LoRA that fits the checkpoint",
  styles: "two prompt styles of plain words",
} as const;

/** One need. */
export type Need = keyof typeof NEEDS;
