import type { Locator, Page } from "playwright-core";

/** How long the page may take to follow a hand. */
const HAND_LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 25;

/** Waits until what stands on the page is `wanted`. */
export async function stands(
  what: string,
  read: () => Promise<unknown>,
  wanted: unknown,
): Promise<void> {
  const deadline = performance.now() + HAND_LIMIT_MS;
  let found: unknown;
  while (performance.now() < deadline) {
    found = await read();
    if (found === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`On the page ${what} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

/** Writes into a text field. */
export async function writeText(field: Locator, value: string): Promise<void> {
  const area = field.locator("textarea, input[type=text]").first();
  await area.fill(value);
  await stands("a text", () => area.inputValue(), value);
}

/** Sets a number, or a slider by its number. Gradio clamps it when the field is left. */
export async function writeNumber(field: Locator, value: number): Promise<void> {
  const input = field.locator("input[type=number]").first();
  await input.fill(String(value));
  await input.blur();
  await stands("a number", async () => Number(await input.inputValue()), value);
}

/** Chooses one entry of a list that opens, by the words in it. In a list of several it is added. */
export async function choose(page: Page, field: Locator, words: string): Promise<void> {
  const input = field.locator("input").first();
  await input.click();
  await input.fill(words);
  const option = page
    .locator("ul.options [role=option]")
    .and(page.getByLabel(words, { exact: true }));
  await option.first().dispatchEvent("mousedown");
  const isSeveral = (await field.locator(".token").count()) > 0;
  if (isSeveral) await field.locator(".token", { hasText: words }).first().waitFor();
  else await stands("a choice", () => input.inputValue(), words);
  await input.blur();
}

/** Ticks a box, or takes the tick out. */
export async function tick(field: Locator, isOn = true): Promise<void> {
  const box = field.locator("input[type=checkbox]").first();
  if ((await box.isChecked()) !== isOn) await box.click();
  await stands("a tick", () => box.isChecked(), isOn);
}

/** Picks one of several radio buttons by its words. */
export async function pick(field: Locator, words: string): Promise<void> {
  const label = field.locator(`label[data-testid="${words}-radio-label"]`);
  await label.click();
  await stands("a choice", () => label.locator("input").isChecked(), true);
}

/** Opens an accordion that only hides; one that is open stays so. */
export async function unfold(accordion: Locator): Promise<void> {
  const head = accordion.locator("button.label-wrap").first();
  if ((await head.getAttribute("class"))?.includes("open")) return;
  await head.click();
  await accordion.locator("button.label-wrap.open").first().waitFor();
}
