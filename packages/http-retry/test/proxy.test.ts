// SPDX-License-Identifier: Apache-2.0
import { createHttpClient } from "@repo/http-retry";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { createAuthority } from "./support/certificates.ts";
import { atOnce, failureOf } from "./support/failure.ts";
import { startHttpServer } from "./support/http-server.ts";
import { type ProxyOptions, startProxy } from "./support/proxy-server.ts";

const authority = await createAuthority("the company");
const certificate = await authority.issue(["localhost", "storage.test"]);

/** A service that only a proxy can find: the name of its origin resolves nowhere. */
async function behindProxy(scheme: "http" | "https", options: Omit<ProxyOptions, "targetPort"> = {}) {
  const stack = new AsyncDisposableStack();
  const tls = scheme === "https" ? certificate : undefined;
  const server = stack.use(
    await startHttpServer((request, response) => response.end(`got ${request.body}`), tls),
  );
  const proxy = stack.use(await startProxy({ ...options, targetPort: server.port }));
  const url = new URL(proxy.origin);
  url.hostname = "localhost";
  url.username = "user";
  url.password = "hu%20sh";
  const env = { [`${scheme.toUpperCase()}_PROXY`]: url.href };
  const origin = `${scheme}://storage.test`;
  const client = stack.use(createHttpClient({ origin, env, caPem: authority.certificate, policy: atOnce }));
  const post = () => client.request({ method: "POST", path: "/a?b=c", body: "this" });
  return { server, proxy, client, post, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const authorization = `Basic ${Buffer.from("user:hu sh").toString("base64")}`;

test.for([
  ["tunnels https", "https", {}, "CONNECT storage.test:443"],
  ["tunnels https over a proxy with TLS", "https", { tls: certificate }, "CONNECT storage.test:443"],
  ["forwards http", "http", {}, "POST http://storage.test/a?b=c"],
  ["forwards http over a proxy with TLS", "http", { tls: certificate }, "POST http://storage.test/a?b=c"],
] as const)(
  "%s with the proxy's credentials, which the service never sees",
  async ([, scheme, options, line], { expect }) => {
    await using faced = await behindProxy(scheme, options);
    expect((await faced.post()).text()).toBe("got this");
    expect(faced.proxy.asked).toEqual([{ line, authorization }]);
    if (scheme === "https")
      expect(faced.server.arrived[0]?.headers).not.toHaveProperty("proxy-authorization");
    expect(faced.server.arrived[0]).toMatchObject({ url: "/a?b=c", headers: { host: "storage.test" } });
  },
);

test("tries again when the proxy cannot reach the service just now, a POST too: nobody saw it", async ({
  expect,
}) => {
  await using faced = await behindProxy("https", { refusals: [502, 503] });
  expect((await faced.post()).attempts).toBe(3);
  expect(faced.server.arrived).toHaveLength(1);
});

test.for(["https", "http"] as const)(
  "says for %s that the proxy wants other credentials, without showing them",
  async (scheme, { expect }) => {
    await using faced = await behindProxy(scheme, { refusals: [407, 407, 407, 407] });
    const error = await failureOf(faced.post());
    expect(error).toMatchObject({ code: "permanent", attempts: 1 });
    expect(error.message).toContain("407");
    expect(error.message).not.toMatch(/hu.{1,3}sh/);
    expect(faced.server.arrived).toHaveLength(0);
  },
);

test("says that the proxy is not there", async ({ expect }) => {
  await using faced = await behindProxy("https");
  await faced.proxy[Symbol.asyncDispose]();
  const error = await failureOf(faced.post());
  expect(error).toMatchObject({ code: "transient", attempts: 4, wasSent: false });
});

test("goes directly where NO_PROXY says so", async ({ expect }) => {
  await using faced = await behindProxy("http");
  const origin = `http://storage.test:${faced.server.port}`;
  const env = { HTTP_PROXY: faced.proxy.origin, NO_PROXY: ".test" };
  await using client = createHttpClient({
    origin,
    env,
    lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
  });
  expect((await client.request({ method: "GET", path: "/" })).status).toBe(200);
  expect(faced.proxy.asked).toHaveLength(0);
});

test("closes the connections to the proxy with the client", async ({ expect }) => {
  await using faced = await behindProxy("https");
  await faced.post();
  expect(faced.proxy.sockets.size).toBe(1);
  await faced.client[Symbol.asyncDispose]();
  await waitFor(() => faced.proxy.sockets.size + faced.server.sockets.size === 0, {
    what: "the sockets to close",
  });
});
