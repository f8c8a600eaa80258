import type { Locator, Page } from "playwright-core";
import { WIDTH_ON_LOAD } from "../forge/process.ts";
import { putInField, putOnCanvas, type Point, stroke } from "./canvas.ts";
import { choose, pick, stands, tick, unfold, writeNumber, writeText } from "./inputs.ts";

export type Tab = "txt2img" | "img2img";

/** Forge's page with one of its two tabs in front. Every change is waited for. */
export interface Screen {
  readonly page: Page;
  readonly tab: Tab;
  /** Fields of the tab by their id without the tab's name: texts and numbers by what is given. */
  set(values: Readonly<Record<string, string | number>>): Promise<void>;
  /** The same by whole ids or selectors. */
  setAt(selector: string, value: string | number): Promise<void>;
  choose(selector: string, ...words: string[]): Promise<void>;
  pick(selector: string, words: string): Promise<void>;
  tick(selector: string): Promise<void>;
  /** Opens an accordion with a box to tick in its head, and ticks it. */
  switchOn(selector: string): Promise<void>;
  press(selector: string): Promise<void>;
  /** Waits until these stand in a list of several. */
  seeChosen(selector: string, ...words: string[]): Promise<void>;
  /** Fields without an id, by the label that each has within a part of the page. */
  setIn(part: Locator, values: Readonly<Record<string, number | string | boolean>>): Promise<void>;
  /** Opens the accordion with this title. */
  unfold(title: string): Promise<Locator>;
  /** Opens one of img2img's ways to give a picture, by Forge's name of it: `inpaint_sketch`. */
  mode(name: string): Promise<void>;
  put(selector: string, name: string, bytes: Buffer): Promise<void>;
  paint(selector: string, from: Point, to: Point): Promise<void>;
}

const SIZE = { width: 1500, height: 2400 };

/** A field by its label: a slider for a number, radio buttons for words, a box to tick for yes and no. */
async function setByLabel(part: Locator, label: string, value: number | string | boolean) {
  const page = part.page();
  const named = page.locator("span").getByText(label, { exact: true });
  if (typeof value === "number") {
    return writeNumber(part.locator(".gradio-slider").filter({ has: named }).first(), value);
  }
  if (typeof value === "string") {
    return pick(part.locator(".gradio-radio").filter({ has: named }).first(), value);
  }
  return tick(part.locator(".gradio-checkbox").filter({ has: named }).first(), value);
}

/** Opens Forge's page anew, with nothing set, and brings a tab to the front. */
export async function openScreen(page: Page, url: string, tab: Tab): Promise<Screen> {
  await page.setViewportSize(SIZE);
  await page.goto(url);
  await page.locator("#txt2img_generate").waitFor();
  const width = page.locator("#txt2img_width input[type=number]");
  await stands("the width on load", async () => Number(await width.inputValue()), WIDTH_ON_LOAD);
  await page.locator(`#tab_${tab}-button`).click();
  await page.locator(`#${tab}_generate`).waitFor();

  async function setAt(selector: string, value: string | number): Promise<void> {
    const field = page.locator(selector);
    await (typeof value === "number" ? writeNumber(field, value) : writeText(field, value));
  }
  return {
    page,
    tab,
    setAt,
    async set(values) {
      for (const [name, value] of Object.entries(values)) await setAt(`#${tab}_${name}`, value);
    },
    async choose(selector, ...words) {
      for (const each of words) await choose(page, page.locator(selector), each);
    },
    pick: (selector, words) => pick(page.locator(selector), words),
    tick: (selector) => tick(page.locator(selector)),
    async switchOn(selector) {
      await unfold(page.locator(selector));
      await tick(page.locator(`${selector}-visible-checkbox`).locator(".."));
    },
    press: (selector) => page.locator(selector).click(),
    async seeChosen(selector, ...words) {
      for (const each of words) {
        await page.locator(selector).locator(".token", { hasText: each }).waitFor();
      }
    },
    async setIn(part, values) {
      for (const [label, value] of Object.entries(values)) await setByLabel(part, label, value);
    },
    async unfold(title) {
      const heads = page.locator(`#tab_${tab} .gradio-accordion`);
      const accordion = heads.filter({ has: page.locator(`> button`, { hasText: title }) }).last();
      await unfold(accordion);
      return accordion;
    },
    mode: (name) => page.locator(`#img2img_${name}_tab-button`).click(),
    async put(selector, name, bytes) {
      const field = page.locator(selector);
      const isCanvas = (await field.locator("canvas").count()) > 0;
      await (isCanvas ? putOnCanvas(field, name, bytes) : putInField(field, name, bytes));
    },
    paint: (selector, from, to) => stroke(page.locator(selector), from, to),
  };
}
