import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";

const KEY = "msk_0123456789";
const SECRET = "mss_never-to-be-shown";

function writeSettings(text: string, mode = 0o600): string {
  const path = join(mkdtempSync(join(tmpdir(), "agent-config-")), "agent.toml");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const complete = `url = "http://queue.test:3000/"\nkey = "${KEY}"\nsecret = "${SECRET}"\n`;

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error("was not refused");
}

describe("the agent's settings", () => {
  it("take the file over the defaults, the environment over the file, a flag over all", () => {
    const path = writeSettings(`${complete}forge_url = "http://file:1"\nlog_level = "warn"\n`);
    const env = { FORGE_URL: "http://env:2", MOBILESD_AGENT_LOG_LEVEL: "error" };
    const config = readConfig(env, { log_level: "debug" }, path);
    expect(config.url).toBe("http://queue.test:3000");
    expect(config.forgeUrl).toBe("http://env:2");
    expect(config.logLevel).toBe("debug");
    expect(readConfig({}, {}, path).forgeUrl).toBe("http://file:1");
  });

  it("say who uses Forge and which scripts may run: nobody alone, and few, unless told", () => {
    const path = writeSettings(complete);
    const plain = readConfig({}, {}, path);
    expect(plain.isDedicated).toBe(false);
    expect(plain.allowedScripts).not.toContain("prompts from file or textbox");
    const env = { FORGE_DEDICATED: "true", FORGE_ALLOWED_SCRIPTS: " Loopback ,My Script" };
    const told = readConfig(env, {}, path);
    expect(told.isDedicated).toBe(true);
    expect(told.allowedScripts).toEqual(["loopback", "my script"]);
    const inFile = writeSettings(`${complete}dedicated = true\nallowed_scripts = ["Loopback"]\n`);
    expect(readConfig({}, {}, inFile)).toMatchObject({
      isDedicated: true,
      allowedScripts: ["loopback"],
    });
    expect(refusal(() => readConfig({ FORGE_DEDICATED: "maybe" }, {}, path))).toMatch(
      /dedicated \(variable FORGE_DEDICATED\) must be true or false/,
    );
  });

  it("look for Forge where Forge starts by itself", () => {
    expect(readConfig({}, {}, writeSettings(complete)).forgeUrl).toBe("http://127.0.0.1:7860");
  });

  it.each([
    ["a missing key", complete.replace(/^key.*$/m, ""), {}, /key is missing: set MOBILESD_API_KEY/],
    [
      "an address without http",
      complete.replace("http:", "ftp:"),
      {},
      /^url \(.*agent\.toml\) must/,
    ],
    [
      "a level that is none",
      complete,
      { MOBILESD_AGENT_LOG_LEVEL: "loud" },
      /^log_level \(variable/,
    ],
    ["a login without a colon", complete, { FORGE_API_AUTH: "me" }, /^forge_api_auth \(variable F/],
    [
      "a name that is none",
      `${complete}ulr = "x"\n`,
      {},
      /^ulr in .* is no setting; there are url/,
    ],
    ["a file that is no TOML", "url = = 1", {}, /not valid TOML \(line 1\)/],
  ])("refuse %s and say where it came from", (_, text, env, message) => {
    expect(refusal(() => readConfig(env, {}, writeSettings(text)))).toMatch(message);
  });

  it("refuse a wrong secret without repeating it", () => {
    const path = writeSettings(complete.replace("mss_", "xxx_"));
    const message = refusal(() => readConfig({}, {}, path));
    expect(message).toMatch(/^secret \(/);
    expect(message).not.toContain("never-to-be-shown");
  });

  it("refuse a settings file that others can read", () => {
    expect(refusal(() => readConfig({}, {}, writeSettings(complete, 0o644)))).toMatch(/chmod 600/);
  });

  it("refuse a named file that is not there, and do without the default one", () => {
    expect(refusal(() => readConfig({}, {}, "/nowhere/agent.toml"))).toMatch(/cannot be read/);
    const env = { XDG_CONFIG_HOME: "/nowhere", MOBILESD_URL: "http://q", MOBILESD_API_KEY: KEY };
    expect(readConfig({ ...env, MOBILESD_API_SECRET: SECRET }, {}).url).toBe("http://q");
  });
});
