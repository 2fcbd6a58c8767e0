// SPDX-License-Identifier: Apache-2.0
import { networkInterfaces } from "node:os";
import { request } from "undici";
import { test as base, describe } from "vitest";
import { type HealthServer, type HealthServerOptions, startHealthServer } from "./health-server.ts";

type Start = (options?: Partial<HealthServerOptions>) => Promise<HealthServer>;

const test = base.extend<{ start: Start }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  start: async ({}, use) => {
    await using stack = new AsyncDisposableStack();
    await use(async (options) =>
      stack.use(await startHealthServer({ host: "127.0.0.1", port: 0, ...options })),
    );
  },
});

async function get(port: number, path: string, method: "GET" | "HEAD" | "POST" = "GET") {
  const { statusCode, headers, body } = await request(`http://127.0.0.1:${port}${path}`, { method });
  return { status: statusCode, body: await body.text(), headers };
}

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === "::1");

describe("/livez and /healthz", () => {
  test.for(["/livez", "/healthz"])("%s is ok in every state", async (path, { expect, start }) => {
    const server = await start({ checks: [{ name: "nats", check: () => "down" }] });
    for (const advance of [() => {}, () => server.markReady(), () => server.markDraining()]) {
      advance();
      expect(await get(server.port, path)).toMatchObject({ status: 200, body: "ok" });
    }
    expect(await get(server.port, `${path}?verbose`)).toMatchObject({
      status: 200,
      body: `[+]event-loop ok\n${path.slice(1)} check passed\n`,
    });
  });

  test("say what they were told to say where nothing is wrong", async ({ expect, start }) => {
    const server = await start({ okBody: "OK\n" });
    server.markReady();
    expect(await get(server.port, "/livez")).toMatchObject({ status: 200, body: "OK\n" });
    expect(await get(server.port, "/readyz")).toMatchObject({ status: 200, body: "OK\n" });
    expect((await get(server.port, "/readyz?verbose")).body).toContain("[+]lifecycle ok\n");
  });

  test("fail once after the event loop stood still", async ({ expect, start }) => {
    const server = await start({ stallMs: 60 });
    const until = performance.now() + 200;
    while (performance.now() < until);
    const failed = await get(server.port, "/livez");
    expect(failed.status).toBe(503);
    expect(failed.body).toMatch(
      /^\[-\]event-loop failed: stood still for \d+ ms since the last look\nlivez check failed\n$/,
    );
  });

  test("fail with the reason of a check of their own", async ({ expect, start }) => {
    const server = await start({
      liveChecks: [{ name: "consumer", check: () => "no message was handled for 5 minutes" }],
    });
    expect(await get(server.port, "/livez")).toMatchObject({
      status: 503,
      body: "[+]event-loop ok\n[-]consumer failed: no message was handled for 5 minutes\nlivez check failed\n",
    });
    expect((await get(server.port, "/livez/event-loop")).status).toBe(200);
    expect((await get(server.port, "/livez/consumer")).status).toBe(503);
  });
});

describe("/readyz", () => {
  test("follows starting, ready and draining", async ({ expect, start }) => {
    const server = await start();
    expect(server.state).toBe("starting");
    expect(await get(server.port, "/readyz")).toMatchObject({
      status: 503,
      body: "[-]lifecycle failed: starting\nreadyz check failed\n",
    });
    server.markReady();
    expect(server.state).toBe("ready");
    expect(await get(server.port, "/readyz")).toMatchObject({ status: 200, body: "ok" });
    server.markDraining();
    server.markReady();
    expect(server.state).toBe("draining");
    expect(await get(server.port, "/readyz")).toMatchObject({
      status: 503,
      body: "[-]lifecycle failed: draining\nreadyz check failed\n",
    });
  });

  test("lists every check with its reason, and answers for one alone", async ({ expect, start }) => {
    const server = await start({
      checks: [
        { name: "nats", check: async () => "no connection" },
        { name: "buckets", check: () => undefined },
      ],
    });
    server.markReady();
    expect(await get(server.port, "/readyz")).toMatchObject({
      status: 503,
      body: "[+]lifecycle ok\n[-]nats failed: no connection\n[+]buckets ok\nreadyz check failed\n",
    });
    expect(await get(server.port, "/readyz/buckets")).toMatchObject({ status: 200, body: "ok" });
    expect(await get(server.port, "/readyz/nats?verbose")).toMatchObject({
      status: 503,
      body: "[-]nats failed: no connection\nreadyz check failed\n",
    });
    expect((await get(server.port, "/readyz/none")).status).toBe(404);
  });

  test("runs its checks side by side", async ({ expect, start }) => {
    const met = Promise.withResolvers<undefined>();
    const server = await start({
      checks: [
        { name: "waits", check: () => met.promise },
        {
          name: "meets",
          check: () => {
            met.resolve(undefined);
            return undefined;
          },
        },
      ],
    });
    server.markReady();
    expect((await get(server.port, "/readyz")).status).toBe(200);
  });
});

describe("/metrics", () => {
  const metrics = () => "# TYPE up gauge\nup 1\n";

  test("stands beside the others, as Prometheus text", async ({ expect, start }) => {
    const server = await start({ metrics });
    const page = await get(server.port, "/metrics");
    expect(page).toMatchObject({ status: 200, body: metrics() });
    expect(page.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(server.metricsPort).toBeUndefined();
  });

  test("stands alone on a listener of its own", async ({ expect, start }) => {
    const server = await start({
      metrics: async () => metrics(),
      metricsListener: { host: "127.0.0.1", port: 0 },
    });
    const port = server.metricsPort ?? 0;
    expect(port).not.toBe(server.port);
    expect(await get(port, "/metrics")).toMatchObject({ status: 200, body: metrics() });
    expect((await get(port, "/livez")).status).toBe(404);
    expect((await get(server.port, "/metrics")).status).toBe(404);
  });

  test("is 404 without metrics and 500 when they fail, without the fault's text", async ({
    expect,
    start,
  }) => {
    expect((await get((await start()).port, "/metrics")).status).toBe(404);
    const broken = await start({ metrics: () => Promise.reject(new Error("inner detail")) });
    expect(await get(broken.port, "/metrics")).toMatchObject({
      status: 500,
      body: "the metrics could not be collected\n",
    });
  });
});

describe("HTTP", () => {
  test("HEAD gives the headers alone", async ({ expect, start }) => {
    const server = await start();
    const head = await get(server.port, "/livez", "HEAD");
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers).toMatchObject({ "content-length": "2", "cache-control": "no-store" });
  });

  test("other methods get 405 with the allowed ones", async ({ expect, start }) => {
    const server = await start();
    const post = await get(server.port, "/livez", "POST");
    expect(post.status).toBe(405);
    expect(post.headers["allow"]).toBe("GET, HEAD");
  });

  test.for(["/", "/x", "/livez/event-loop/b", "/livezz", "/metrics/x", "//evil"])(
    "%s gets 404",
    async (path, { expect, start }) => {
      const server = await start({ metrics: () => "" });
      expect((await get(server.port, path)).status).toBe(404);
    },
  );
});

describe("an address", () => {
  test("that is taken gives one sentence", async ({ expect, start }) => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({
      code: "address_in_use",
      message: `Cannot listen on 127.0.0.1:${port} for health checks: the port is taken; stop what holds it or choose another.`,
    });
  });

  test("that this machine does not have gives one sentence", async ({ expect, start }) => {
    await expect(start({ host: "192.0.2.1" })).rejects.toMatchObject({
      code: "address_not_available",
      message:
        "Cannot listen on 192.0.2.1:0 for health checks: this machine has no such address; use one of its own, or * for all.",
    });
    await expect(start({ host: "2001:db8::1" })).rejects.toThrow(
      "Cannot listen on [2001:db8::1]:0 for health checks",
    );
  });

  test("of the metrics that is taken leaves nothing open", async ({ expect, start }) => {
    const taken = await start();
    const { port } = await start();
    await expect(start({ metricsListener: { host: "127.0.0.1", port: taken.port } })).rejects.toThrow(
      "the port is taken",
    );
    const free = await start();
    await free[Symbol.asyncDispose]();
    const options = { port: free.port, metricsListener: { host: "127.0.0.1", port } };
    await expect(start(options)).rejects.toThrow("the port is taken");
    expect((await start({ port: free.port })).port).toBe(free.port);
  });

  test("* is every interface", async ({ expect, start }) => {
    const server = await start({ host: "*" });
    expect((await get(server.port, "/livez")).status).toBe(200);
    if (hasIpv6) expect((await request(`http://[::1]:${server.port}/livez`)).statusCode).toBe(200);
  });

  test.skipIf(!hasIpv6)("of IPv6 is taken with and without brackets", async ({ expect, start }) => {
    for (const host of ["::1", "[::1]"]) {
      const server = await start({ host });
      expect((await request(`http://[::1]:${server.port}/livez`)).statusCode).toBe(200);
    }
  });
});

test.for([0, -1, Number.NaN])("a stall of %d ms is refused", async (stallMs, { expect, start }) => {
  await expect(start({ stallMs })).rejects.toThrow(TypeError);
});
