// SPDX-License-Identifier: Apache-2.0
import { createServer } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createHttpClient, type HttpClientOptions } from "@repo/http-retry";
import { waitFor } from "@repo/testkit";
import { test } from "vitest";
import { createAuthority } from "./support/certificates.ts";
import { atOnce, failureOf } from "./support/failure.ts";
import { listen, startHttpServer } from "./support/http-server.ts";

const authority = await createAuthority("the company");
const stranger = await createAuthority("somebody else");
const certificate = await authority.issue(["127.0.0.1", "localhost"]);

async function secured(options: Partial<HttpClientOptions>, tls = certificate) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startHttpServer((_request, response) => response.end("secret"), tls));
  const client = stack.use(createHttpClient({ origin: server.origin, policy: atOnce, ...options }));
  const get = () => client.request({ method: "GET", path: "/" });
  return { server, get, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test("trusts a private authority that it is given, beside others", async ({ expect }) => {
  const caPem = `# the company's\n${authority.certificate}\n${stranger.certificate}\n`;
  await using faced = await secured({ caPem });
  expect((await faced.get()).text()).toBe("secret");
});

test.for([
  ["no private authority", {}],
  ["another private authority", { caPem: stranger.certificate }],
] as const)(
  "refuses a private certificate with %s, for good and before anything is sent",
  async ([, options], { expect }) => {
    await using faced = await secured(options);
    const error = await failureOf(faced.get());
    expect(error).toMatchObject({ code: "permanent", attempts: 1, wasSent: false });
    expect(error.message).toContain("give it as CA certificate");
    expect(faced.server.arrived).toHaveLength(0);
  },
);

test("refuses a certificate for another name", async ({ expect }) => {
  await using faced = await secured(
    { caPem: authority.certificate },
    await authority.issue(["other.example"]),
  );
  const error = await failureOf(faced.get());
  expect(error).toMatchObject({ code: "permanent", attempts: 1 });
  expect(error.message).toContain("for another name");
});

test("refuses a certificate that has expired", async ({ expect }) => {
  const expired = await authority.issue(["127.0.0.1"], Date.now() - 60_000);
  await using faced = await secured({ caPem: authority.certificate }, expired);
  const error = await failureOf(faced.get());
  expect(error).toMatchObject({ code: "permanent", attempts: 1 });
  expect(error.message).toContain("has expired");
});

test("still trusts whom Node trusts when it is given an authority", async ({ expect }) => {
  const trusted = getCACertificates("default");
  setDefaultCACertificates([authority.certificate]);
  try {
    await using faced = await secured({ caPem: stranger.certificate });
    expect((await faced.get()).text()).toBe("secret");
  } finally {
    setDefaultCACertificates(trusted);
  }
});

test("disposing ends a connection in the middle of its handshake", async ({ expect }) => {
  // It takes the connection and never says a word, so that TLS is not agreed on.
  await using server = await listen(
    createServer((socket) => socket.resume()),
    "https",
  );
  const client = createHttpClient({ origin: server.origin, policy: atOnce });
  const failing = failureOf(client.request({ method: "GET", path: "/" }));
  await waitFor(() => server.sockets.size === 1, { what: "the connection" });
  await client[Symbol.asyncDispose]();
  expect(await failing).toMatchObject({ code: "aborted", wasSent: false });
  await waitFor(() => server.sockets.size === 0, { what: "the connection to close" });
});

test("takes any certificate only when told to", async ({ expect }) => {
  await using faced = await secured({ insecureSkipVerify: true }, await stranger.issue(["other.example"]));
  expect((await faced.get()).text()).toBe("secret");
});

test("refuses authorities that cannot be read, saying which", ({ expect }) => {
  const broken = authority.certificate.replace(/\n.{20}/, `\n${"A".repeat(20)}`);
  const caPem = `${stranger.certificate}\n${broken}`;
  expect(() => createHttpClient({ origin: "https://a.example", caPem })).toThrow("Certificate 2 of 2");
});

test("says that a server without TLS has none", async ({ expect }) => {
  await using server = await startHttpServer((_request, response) => response.end());
  await using client = createHttpClient({ origin: `https://127.0.0.1:${server.port}`, policy: atOnce });
  const error = await failureOf(client.request({ method: "GET", path: "/" }));
  expect(error).toMatchObject({ code: "permanent", wasSent: false });
  expect(error.message).toContain("does not speak TLS on this port");
});
