// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { captureLogs } from "@repo/logging/testing";
import { test as base, describe } from "vitest";
import { notifyAll } from "../src/notify/notify-all.ts";
import { postWebhook } from "../src/notify/post-webhook.ts";
import { pushMetrics } from "../src/notify/push-metrics.ts";
import type { Summary } from "../src/outcome/summary.ts";
import { createTlsIdentity } from "./fault-s3/index.ts";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer = (response: ServerResponse, count: number) => void;

interface Receiver {
  readonly received: Received[];
  readonly url: (path: string, user?: string) => URL;
}

const test = base.extend<{ startReceiver: (answer?: Answer) => Promise<Receiver> }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from the braces that this fixture needs no other
  startReceiver: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    await use(async (answer = (response) => response.end()) => {
      const received: Received[] = [];
      const server = createServer((request, response) => void receive(request, response));
      async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
        let body = "";
        for await (const piece of request) body += String(piece);
        received.push({
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body,
        });
        answer(response, received.length);
      }
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      stack.defer(() => {
        server.close();
        server.closeAllConnections();
      });
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      return { received, url: (path, user = "") => new URL(`http://${user}127.0.0.1:${port}${path}`) };
    });
  },
});

const summary: Summary = {
  event: "summary",
  status: "success",
  exit_code: 0,
  reason: "The destination mirrors the source.",
  proof: "Proved by modification times.",
  source: { endpoint: "a.example.com", bucket: "src", prefix: "" },
  destination: { endpoint: "b.example.com:9000", bucket: "dst", prefix: "to/här/" },
  compare: "modtime",
  objects_checked: 5,
  objects_copied: 3,
  objects_deleted: 2,
  objects_failed: 1,
  bytes_copied: 1_234_567_890_123,
  server_side_copies: 0,
  duration_seconds: 12.5,
  throughput_bytes_per_second: 1,
  attempts: 1,
  top_errors: [],
  warnings: [],
  tool_version: "0.1.0",
  run_id: "run-1",
};
const { signal } = new AbortController();
const finishedAtMs = Date.UTC(2026, 10, 21, 12, 0, 0, 250);

describe("the Pushgateway", () => {
  test("gets the gauges of a run that succeeded, in the destination's own group", async ({
    startReceiver,
    expect,
  }) => {
    const { received, url } = await startReceiver((response) => response.writeHead(202).end());
    await pushMetrics({ url: url("/base/"), summary, finishedAtMs, signal });
    const instance = Buffer.from("b.example.com:9000/dst/to/här/").toString("base64url");
    expect(received).toMatchObject([
      { method: "POST", path: `/base/metrics/job/s3_sync/instance@base64/${instance}` },
    ]);
    expect(received[0]?.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const samples = (received[0]?.body ?? "")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(samples).toEqual([
      "s3_sync_last_run_timestamp_seconds 1795262400.25",
      "s3_sync_last_success_timestamp_seconds 1795262400.25",
      "s3_sync_duration_seconds 12.5",
      "s3_sync_objects_copied 3",
      "s3_sync_objects_deleted 2",
      "s3_sync_objects_failed 1",
      "s3_sync_bytes_copied 1234567890123",
      "s3_sync_exit_code 0",
      's3_sync_last_run_info{status="success",failure_class="",version="0.1.0"} 1',
    ]);
  });

  test.for([
    ["failed", { status: "failed", exit_code: 11, failure_class: "auth" }, "s3_sync_exit_code 11"],
    ["only planned", { status: "dry_run" }, 'status="dry_run"'],
  ] as const)(
    "keeps the time of the last success when a run %s",
    async ([, changes, expected], { startReceiver, expect }) => {
      const { received, url } = await startReceiver();
      await pushMetrics({ url: url("/"), summary: { ...summary, ...changes }, signal });
      expect(received[0]?.method).toBe("POST");
      expect(received[0]?.body).toContain(expected);
      expect(received[0]?.body).not.toContain("last_success");
    },
  );

  test("is told who asks, and where a group of one's own is", async ({ startReceiver, expect }) => {
    const { received, url } = await startReceiver();
    await pushMetrics({ url: url("/metrics/job/mine/instance/x", "me:p%40ss@"), summary, signal });
    expect(received).toMatchObject([
      {
        path: "/metrics/job/mine/instance/x",
        headers: { authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}` },
      },
    ]);
  });

  test("is asked again when it is not ready", async ({ startReceiver, expect }) => {
    const { received, url } = await startReceiver((response, count) =>
      response.writeHead(count < 3 ? 503 : 200).end(),
    );
    await pushMetrics({ url: url("/"), summary, signal });
    expect(received).toHaveLength(3);
  });
});

describe("the webhook", () => {
  test("gets the summary as JSON", async ({ startReceiver, expect }) => {
    const { received, url } = await startReceiver();
    await postWebhook({ url: url("/hook/top-token?key=other-token"), summary, signal });
    expect(received).toMatchObject([{ method: "POST", path: "/hook/top-token?key=other-token" }]);
    expect(received[0]?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(received[0]?.body ?? "")).toEqual(summary);
  });

  test("is told once, whatever it answers", async ({ startReceiver, expect }) => {
    const { received, url } = await startReceiver((response) => response.writeHead(503).end());
    await expect(postWebhook({ url: url("/"), summary, signal })).rejects.toMatchObject({ status: 503 });
    expect(received).toHaveLength(1);
  });

  test.for([
    [
      "says no and repeats what it was sent",
      (response) =>
        void response.writeHead(404).end("no hook /hook/top-token?key=other%2Dtoken for user-name:pass-word"),
    ],
    [
      "sends elsewhere",
      (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/top-token" }).end(),
    ],
    ["closes the connection", (response) => void response.socket?.destroy()],
    ["never answers", () => undefined],
  ] as const satisfies readonly (readonly [string, Answer])[])(
    "that %s fails without its secrets",
    async ([, answer], { startReceiver, expect }) => {
      const { url } = await startReceiver(answer);
      const target = url("/hook/top-token?key=other%2Dtoken", "user-name:pass-word@");
      const error: unknown = await postWebhook({ url: target, summary, signal, timeoutMs: 300 }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(Error);
      const logs = captureLogs();
      logs.logger.warn({ err: error }, "the webhook failed");
      expect(logs.text).toContain(`The webhook at ${target.host}`);
      for (const secret of ["top-token", "other-token", "other%2Dtoken", "user-name", "pass-word"]) {
        expect(logs.text).not.toContain(secret);
      }
    },
  );

  test("is left at once when the process must go", async ({ startReceiver, expect }) => {
    const { url } = await startReceiver(() => undefined);
    const controller = new AbortController();
    const outcome = postWebhook({ url: url("/"), summary, signal: controller.signal });
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: "aborted" });
  });
});

test("both are reached by the private CA's certificate, and only by it", async ({ expect }) => {
  const { certificate, privateKey, caCertificate } = await createTlsIdentity();
  const paths: string[] = [];
  const server = createTlsServer({ key: privateKey, cert: certificate }, (request, response) => {
    paths.push(request.url ?? "");
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  await using stack = new AsyncDisposableStack();
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const origin = `https://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const [pushgatewayUrl, webhookUrl] = [new URL(`${origin}/metrics/job/mine`), new URL(`${origin}/hook`)];
  const logs = captureLogs();
  const options = { pushgatewayUrl, webhookUrl, summary, logger: logs.logger, env: {} };
  await notifyAll({ ...options, caCert: caCertificate });
  expect(paths.toSorted()).toEqual(["/hook", "/metrics/job/mine"]);
  expect(logs.records).toEqual([]);
  await notifyAll({ ...options, caCert: undefined });
  expect(paths).toHaveLength(2);
  expect(logs.records.map(({ event }) => String(event)).toSorted()).toEqual(["pushgateway", "webhook"]);
});
