import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  AnswerTooLargeError,
  createForgeClient,
  type ForgeClient,
  ForgeUnreachableError,
} from "../../src/forge/client.ts";
import { Picture } from "../../src/picture.ts";

interface Heard {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A server that hears one request whole, answers it and forgets nothing. */
async function startListener(answer: unknown, onHeard = () => {}) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      onHeard();
    });
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      heard.push({ path: request.url, headers: request.headers, text });
      response.end(JSON.stringify(answer));
    });
  });
  const url = await listen(server);
  return { heard, stop: () => new Promise((resolve) => server.close(resolve)), url };
}

/** Opens a port that closes with the test. */
async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

const never = new AbortController().signal;
const LARGE = Buffer.alloc(5_000_000, "a picture of some megabytes, ü");

describe("what Forge hears of a generation", () => {
  it("is the whole JSON with every picture as base64, of a length that was told before", async () => {
    const { heard, url } = await startListener({ images: [] });
    const body = {
      prompt: "ein rotes Würfelchen 🧊",
      init_images: [new Picture(LARGE)],
      mask: new Picture(LARGE.subarray(1, 1_000_000)),
      alwayson_scripts: { controlnet: { args: [{ image: new Picture(LARGE.subarray(2)) }] } },
    };
    const answer = await createForgeClient(url, null).generate("/sdapi/v1/img2img", body, never);
    expect(answer).toMatchObject({ status: 200, bytes: new TextEncoder().encode('{"images":[]}') });
    const [request] = heard;
    expect(request?.path).toBe("/sdapi/v1/img2img");
    expect(request?.headers["content-length"]).toBe(String(Buffer.byteLength(request?.text ?? "")));
    expect(request?.headers).not.toHaveProperty("transfer-encoding");
    expect(request?.headers).toMatchObject({
      "content-type": "application/json",
      "accept-encoding": "identity",
      connection: "close",
    });
    expect(JSON.parse(request?.text ?? "")).toEqual({
      prompt: "ein rotes Würfelchen 🧊",
      init_images: [LARGE.toString("base64")],
      mask: LARGE.subarray(1, 1_000_000).toString("base64"),
      alwayson_scripts: { controlnet: { args: [{ image: LARGE.subarray(2).toString("base64") }] } },
    });
  });

  it("carries the login where Forge asks for one", async () => {
    const { heard, url } = await startListener({});
    await createForgeClient(url, "alice:pässword").post("/sdapi/v1/interrupt", {});
    const token = Buffer.from("alice:pässword").toString("base64");
    expect(heard[0]).toMatchObject({ text: "{}", headers: { authorization: `Basic ${token}` } });
  });

  it("counts as not sent when nobody listens, so that the run costs nothing", async () => {
    const { url, stop } = await startListener({});
    await stop();
    const sent = createForgeClient(url, null).generate("/x", { image: new Picture(LARGE) }, never);
    await expect(sent).rejects.toMatchObject({ code: "ECONNREFUSED", wasSent: false });
  });

  it("may have begun to work once it is under way, although it was ended early", async () => {
    const end = new AbortController();
    const { url } = await startListener({}, () => end.abort());
    const body = { image: new Picture(LARGE) };
    const sent = createForgeClient(url, null).generate("/sdapi/v1/img2img", body, end.signal);
    await expect(sent).rejects.toBeInstanceOf(ForgeUnreachableError);
    await expect(sent).rejects.toMatchObject({ wasSent: true });
  });
});

describe("what comes back of a generation", () => {
  const ask = async (answer: (response: ServerResponse) => void) => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => answer(response));
    });
    const url = await listen(server);
    return createForgeClient(url, null).generate("/sdapi/v1/txt2img", {}, never);
  };

  it.each([
    ["whose length is told", true],
    ["whose length is not told", false],
  ])("is all of its bytes, alone in their memory, of an answer %s", async (_how, isTold) => {
    const headers = isTold ? { "content-length": LARGE.length } : {};
    const answer = await ask((response) => {
      response.writeHead(200, headers);
      response.write(LARGE.subarray(0, 1_234_567));
      response.end(LARGE.subarray(1_234_567));
    });
    if (!("bytes" in answer)) throw new Error("it was read");
    expect(Buffer.compare(LARGE, answer.bytes)).toBe(0);
    expect(answer.bytes.buffer.byteLength).toBe(LARGE.length);
  });

  it("is read where it is a refusal", async () => {
    const answer = await ask((response) => {
      response.writeHead(422).end('{"detail":"no such sampler"}');
    });
    expect(answer).toEqual({ status: 422, body: { detail: "no such sampler" } });
  });

  it("is no answer where it breaks off in the middle", async () => {
    const broken = ask((response) => {
      response.writeHead(200, { "content-length": LARGE.length });
      response.write(LARGE.subarray(0, 1_000_000), () => response.destroy());
    });
    await expect(broken).rejects.toMatchObject({ name: "ForgeUnreachableError", wasSent: true });
  });

  it("is refused before it is read where it is larger than this agent takes", async () => {
    const large = ask((response) => {
      response.writeHead(200, { "content-length": 500_000_000 });
      response.flushHeaders();
    });
    await expect(large).rejects.toBeInstanceOf(AnswerTooLargeError);
  });
});

/** A server that tells its connections apart, by number from 1, and may cut one off in place of an answer. */
async function startCounting(isCut: (request: number, isNew: boolean) => boolean = () => false) {
  const connections = new Map<unknown, number>();
  const heard: [path: string | undefined, connection: number][] = [];
  const server = createServer((request, response) => {
    const { socket } = request;
    const isNew = !connections.has(socket);
    if (isNew) connections.set(socket, connections.size + 1);
    request.resume().on("end", () => {
      heard.push([request.url, connections.get(socket) ?? 0]);
      if (isCut(heard.length, isNew)) socket.destroy();
      else response.end("{}");
    });
  });
  return { heard, client: createForgeClient(await listen(server), null) };
}

const connectionsOf = (heard: readonly (readonly [unknown, number])[]) =>
  new Set(heard.map(([, connection]) => connection)).size;

const TASK = "/internal/progress";
const STATE = "/sdapi/v1/progress";

describe("a connection to Forge", () => {
  it("is kept from question to question", async () => {
    const { heard, client } = await startCounting();
    for (let round = 0; round < 5; round++) {
      await client.get(STATE);
      await client.post(TASK, { id_task: "task(1)" });
    }
    expect(heard).toHaveLength(10);
    // The first is not free yet when the second question is asked.
    expect(connectionsOf(heard)).toBeLessThanOrEqual(2);
  });

  it("is another one for each request that changes something", async () => {
    const { heard, client } = await startCounting();
    await client.get(STATE);
    await client.post("/sdapi/v1/interrupt", {});
    await client.post("/sdapi/v1/interrupt", {});
    await client.generate("/sdapi/v1/txt2img", {}, never);
    await client.post("/sdapi/v1/options", {});
    expect(heard.map(([, connection]) => connection)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([
    ["GET", (client: ForgeClient) => client.get(STATE)],
    ["POST", (client: ForgeClient) => client.post(TASK, {})],
  ])("that Forge drops under a question costs no answer: %s", async (_method, ask) => {
    const isCut = (_request: number, isNew: boolean) => !isNew;
    const { heard, client } = await startCounting(isCut);
    for (let round = 0; round < 5; round++) {
      expect(await ask(client)).toEqual({ status: 200, body: {} });
    }
    expect(heard.length).toBeGreaterThan(5);
  });

  it("that is lost twice is a Forge out of reach", async () => {
    const { heard, client } = await startCounting(() => true);
    await expect(client.get(STATE)).rejects.toMatchObject({ wasSent: true });
    expect(heard).toHaveLength(2);
  });

  it("that is lost under what changes something is no reason to send that again", async () => {
    const { heard, client } = await startCounting(() => true);
    for (const path of ["/sdapi/v1/interrupt", "/sdapi/v1/options"]) {
      await expect(client.post(path, {})).rejects.toMatchObject({ wasSent: true });
    }
    const sent = client.generate("/sdapi/v1/txt2img", {}, never);
    await expect(sent).rejects.toMatchObject({ wasSent: true });
    expect(heard).toHaveLength(3);
  });
});
