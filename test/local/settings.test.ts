import { describe, expect, it } from "vitest";
import { isNewEnough } from "../../src/local/node-version.js";
import { readSettings } from "../../src/local/settings.ts";

const FOLDER = "/home/ann/queue";

describe("the settings of npm start", () => {
  it("work without any being given", () => {
    expect(readSettings([], {}, FOLDER)).toEqual({
      port: 3000,
      host: "127.0.0.1",
      forgeUrl: null,
      forgeApiAuth: null,
      isForgeDedicated: false,
      serverAlias: "MyForgeServer",
      stateDir: `${FOLDER}/.mobilesd`,
      usualForgeUrl: "http://127.0.0.1:7860",
      speed: 1,
    });
  });

  it("take an empty variable for one that is not set", () => {
    const env = { PORT: "", HOST: " ", FORGE_URL: "", SERVER_ALIAS: "", MOBILESD_DIR: "" };
    expect(readSettings([], env, FOLDER)).toEqual(readSettings([], {}, FOLDER));
  });

  it.each([
    [{ PORT: "8080" }, { port: 8080 }],
    [{ HOST: "192.168.1.5" }, { host: "192.168.1.5" }],
    [{ HOST: "localhost" }, { host: "127.0.0.1" }],
    [{ HOST: "::" }, { host: "::" }],
    [{ FORGE_URL: "http://gpu:7860/" }, { forgeUrl: "http://gpu:7860" }],
    [{ FORGE_DEDICATED: "true" }, { isForgeDedicated: true }],
    [{ FORGE_API_AUTH: "ann:pass word" }, { forgeApiAuth: "ann:pass word" }],
    [{ SERVER_ALIAS: "attic.4090" }, { serverAlias: "attic.4090" }],
    [{ MOBILESD_DIR: "/data/q" }, { stateDir: "/data/q" }],
    [{ MOBILESD_DIR: "q" }, { stateDir: `${FOLDER}/q` }],
  ])("are read from the environment: %o", (env, expected) => {
    expect(readSettings([], env, FOLDER)).toMatchObject(expected);
  });

  it("listen on the home network with --lan", () => {
    expect(readSettings(["--lan"], {}, FOLDER)).toMatchObject({ host: "0.0.0.0" });
  });

  it("answer a wish for help", () => {
    expect(readSettings(["--help"], {}, FOLDER)).toBe("help");
  });

  it.each([
    [{ PORT: "70000" }, [], /PORT must be a whole number from 1 to 65535, not "70000"/],
    [{ PORT: "abc" }, [], /PORT must be a whole number/],
    [{ PORT: "-1" }, [], /PORT must be a whole number/],
    [{ PORT: "80.5" }, [], /PORT must be a whole number/],
    [{ HOST: "example.com" }, [], /HOST must be an IP address of this machine/],
    [{ HOST: "127.0.0.1" }, ["--lan"], /either --lan or HOST/],
    [{ FORGE_URL: "gpu:7860" }, [], /FORGE_URL must be an address such as http/],
    [{ FORGE_URL: "ftp://gpu" }, [], /FORGE_URL must be an address/],
    [{ FORGE_API_AUTH: "ann" }, [], /FORGE_API_AUTH must be user:password/],
    [{ SERVER_ALIAS: "my box" }, [], /SERVER_ALIAS must be 1 to 64 letters/],
    [{ SERVER_ALIAS: "x".repeat(65) }, [], /SERVER_ALIAS must be 1 to 64 letters/],
    [{ MOBILESD_SPEED: "0" }, [], /MOBILESD_SPEED must be a number from 1 to 1000/],
    [{}, ["--port"], /"--port" is no flag/],
  ])("that are wrong are refused by name and range: %o %o", (env, args, sentence) => {
    expect(() => readSettings(args, env, FOLDER)).toThrow(sentence);
  });

  it("never show a password that stands where it should not", () => {
    const read = () => readSettings([], { FORGE_URL: "http://ann:hunter2@gpu:7860" }, FOLDER);
    expect(read).toThrow(/FORGE_URL must not hold a password/);
    expect(read).not.toThrow(/hunter2/);
  });
});

describe("the Node that runs the start", () => {
  it.each(["22.18.0", "22.20.1", "23.6.0", "24.0.0", "26.1.0"])("may be %s", (version) => {
    expect(isNewEnough(version)).toBe(true);
  });

  it.each(["18.20.0", "20.20.2", "22.17.9", "23.5.0"])("may not be %s", (version) => {
    expect(isNewEnough(version)).toBe(false);
  });
});
