import type { Page } from "playwright-core";

export type Tab = "txt2img" | "img2img";

/** The line under the button once it answers a click that comes after `before`. */
export async function answerAfter(page: Page, tab: Tab, before: string | null): Promise<string> {
  const outcome = page.locator(`#${tab}_mobilesd_status .mobilesd_outcome[data-click]`);
  await page.waitForFunction(
    `(() => {
      const outcome = document.querySelector("#${tab}_mobilesd_status .mobilesd_outcome[data-click]");
      return outcome && outcome.dataset.click !== ${JSON.stringify(before)};
    })()`,
  );
  return (await outcome.textContent())?.trim() ?? "";
}

/** The id of the click that the line under the button answers now. */
export async function lastClick(page: Page, tab: Tab): Promise<string | null> {
  const outcome = page.locator(`#${tab}_mobilesd_status .mobilesd_outcome[data-click]`);
  return (await outcome.count()) > 0 ? outcome.getAttribute("data-click") : null;
}

/** Presses "Queue in MobileSD" and gives back what it says. */
export async function queueScreen(page: Page, tab: Tab): Promise<string> {
  const before = await lastClick(page, tab);
  await page.locator(`#${tab}_queue_mobilesd`).click();
  return answerAfter(page, tab, before);
}
