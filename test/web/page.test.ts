import { describe, expect, it } from "vitest";
import { clientOf } from "../support/box/queue.ts";
import { useLocalPage } from "../support/local-page.ts";

const here = useLocalPage();

describe("the page without a sign-in", () => {
  it("says what runs and how to get in, and shows nothing of the queue", async () => {
    await here.page.goto(here.owner.url);
    await here.page.getByText(/Running, version \d/).waitFor();
    await here.page.getByText("Open the sign-in link that the terminal shows").waitFor();
    expect(await here.page.locator("li.card").count()).toBe(0);
    expect(here.strayRequests).toEqual([]);
    expect(here.complaints).toEqual([]);
  });

  it("lets nobody in with a code that was used", async () => {
    const link = await here.signInLink();
    await here.page.goto(link);
    await here.page.getByRole("button", { name: "Sign out" }).waitFor();
    await here.openContext();
    await here.page.goto(link);
    await here.page.getByText("This code is used up").waitFor();
  });

  it("takes the code when it is typed, in any case and without dashes", async () => {
    const code = (await here.signInLink()).split("=")[1] ?? "";
    await here.page.goto(here.owner.url);
    await here.page
      .getByLabel("Code from the terminal")
      .fill(code.toLowerCase().replaceAll("-", ""));
    await here.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await here.page.getByRole("button", { name: "Sign out" }).waitFor();
  });

  it("takes an API key, and says when it is wrong", async () => {
    await here.page.goto(here.owner.url);
    await here.page.getByText("Sign in with an API key").click();
    await here.page.getByLabel("Key", { exact: true }).fill(here.owner.key);
    await here.page.getByLabel("Secret").fill("wrong");
    await here.page.getByRole("button", { name: "Sign in with key" }).click();
    await here.page.getByText("Invalid API credentials").waitFor();
    await here.page.getByLabel("Secret").fill(here.owner.secret);
    await here.page.getByRole("button", { name: "Sign in with key" }).click();
    await here.page.getByRole("button", { name: "Sign out" }).waitFor();
  });
});

describe("the sign-in link", () => {
  it("leaves no code in the address bar and no token where scripts can read it", async () => {
    await here.signIn();
    expect(here.page.url()).toBe(`${here.owner.url}/`);
    expect(await here.page.evaluate("document.cookie")).toBe("");
    const [cookie] = await here.context.cookies();
    expect(cookie).toMatchObject({ name: "mobilesd", httpOnly: true, sameSite: "Strict" });
  });

  it("keeps the phone signed in after a reload, until it signs out", async () => {
    await here.signIn();
    await here.page.reload();
    await here.page.getByRole("button", { name: "Sign out" }).click();
    await here.page.getByText("Open the sign-in link").waitFor();
    await here.page.reload();
    await here.page.getByText("Open the sign-in link").waitFor();
  });
});

describe("the page of a queue", () => {
  it("gives a first command that works as it stands while there is no job", async () => {
    await here.signIn();
    const command = await here.page.locator("pre").innerText();
    expect(command).toContain(`curl ${here.owner.url}/api/v2/generate`);
    const [body = ""] = /(?<=-d ')[^']+(?=')/.exec(command) ?? [];
    const answer = await clientOf(here.owner.url, here.owner).call("submitJob", {
      body: { ...JSON.parse(body), dry_run: true },
    });
    expect(answer).toMatchObject({ success: true, dry_run: true });
    await here.page.getByText("stand-in pictures, no Stable Diffusion").waitFor();
  });

  it("gives a link that connects Forge once, with a key that can do no more than queue", async () => {
    await here.signIn();
    await here.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await here.page.getByRole("button", { name: "Connect Forge" }).click();
    await here.page.getByText(/paste it in Forge, in the tab “MobileSD Queue”/).waitFor();
    await here.page.getByText(/It works once, until \d/).waitFor();
    await here.page.getByRole("button", { name: "Copy link" }).click();
    await here.page.getByText("Link copied").waitFor();
    const link = String(await here.page.evaluate("navigator.clipboard.readText()"));
    expect(link.startsWith(`${here.owner.url}/#pair=`)).toBe(true);
    const code = link.split("=")[1] ?? "";
    const client = clientOf(here.owner.url);
    await expect(
      client.call("claimPairing", { body: { code, for: "page" } }),
    ).rejects.toMatchObject({ problem: { code: "pairing_code_invalid" } });
    const claimed = await client.call("claimPairing", { body: { code, for: "extension" } });
    expect(claimed).toMatchObject({
      for: "extension",
      key: { permissions: ["jobs:submit", "jobs:read", "jobs:manage"] },
    });
    await here.page.keyboard.press("Escape");
    await here.page.locator("dialog").waitFor({ state: "detached" });
    expect(here.complaints).toEqual([]);
  });

  it("shows what it knew as old when the connection is gone, and goes on when it is back", async () => {
    await here.submit();
    await here.signIn();
    await here.page.locator("li.card").first().waitFor();
    await here.context.setOffline(true);
    await here.page.getByText(/No connection\. This is what was known at/).waitFor();
    expect(await here.page.locator("li.card").count()).toBeGreaterThan(0);
    await here.context.setOffline(false);
    await here.page.getByText(/No connection/).waitFor({ state: "hidden" });
  });
});

describe("every view of the page", () => {
  it.each([
    ["a small phone", { width: 320, height: 568 }],
    ["a phone", { width: 390, height: 844 }],
    ["a large phone", { width: 430, height: 932 }],
    ["a desktop", { width: 1280, height: 900 }],
  ])("fits %s without scrolling sideways", async (_, viewport) => {
    await here.openContext({ viewport });
    const isTooWide = () =>
      here.page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth",
      );
    await here.page.goto(here.owner.url);
    await here.page.getByText(/Running, version/).waitFor();
    expect(await isTooWide()).toBe(false);
    await here.submit();
    await here.signIn();
    await here.page.locator("li.card").first().waitFor();
    expect(await isTooWide()).toBe(false);
  });

  it("is served with headers that let nothing but its own scripts run", async () => {
    const response = await fetch(here.owner.url);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
  });
});
