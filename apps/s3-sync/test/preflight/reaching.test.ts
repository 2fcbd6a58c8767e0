// SPDX-License-Identifier: Apache-2.0
import { createServer as createHttpServer } from "node:http";
import { describe } from "vitest";
import { createTlsIdentity } from "../fault-s3/index.ts";
import { sideAt, test } from "./world.ts";

test("a proxy that is none is told by the name of its variable alone", async ({ world, expect }) => {
  const error = await world.sourceError("http://s3.test", {}, { env: { HTTP_PROXY: "socks://top-token@x" } });
  expect(error.failureClass).toBe("config");
  expect(error.message).toMatch(/cannot be asked: HTTP_PROXY is not a proxy that can be used/);
  expect(error.message).not.toContain("top-token");
});

test("goes through a proxy where the environment names one", async ({ world, expect }) => {
  const requests: string[] = [];
  const proxy = createHttpServer((_request, response) => response.end());
  proxy.on("connect", (request, socket) => {
    requests.push(request.url ?? "");
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  const port = await world.listen(proxy);
  const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const error = await world.sourceError("https://s3.test", {}, { env });
  expect(requests).toContain("s3.test:443");
  expect(error.failureClass).toBe("config");
  expect(error.message).toMatch(/the proxy wants other credentials \(407\).*check HTTPS_PROXY and NO_PROXY/);
});

describe("TLS", () => {
  test.for([
    [
      "an unknown authority",
      {},
      /certificate of an unknown authority \(DEPTH_ZERO_SELF_SIGNED_CERT\): give that authority's certificate in CA_CERT/,
    ],
    ["a certificate that has expired", { isExpired: true }, /has expired \(CERT_HAS_EXPIRED\): renew it/],
    [
      "another name",
      { names: [{ type: "dns", value: "other.test" }] },
      /for another name \(ERR_TLS_CERT_ALTNAME_INVALID\): set SOURCE_S3_ENDPOINT/,
    ],
  ] as const)("with %s is refused", async ([, certificate, sentence], { world, expect }) => {
    const tls = await createTlsIdentity(certificate);
    const server = await world.start({ tls });
    const caCert = "isExpired" in certificate || "names" in certificate ? { caCert: tls.caCertificate } : {};
    const error = await world.sourceError(server.endpoint, {}, caCert);
    expect(error.failureClass).toBe("config");
    expect(error.message).toMatch(sentence);
    expect(server.log.entries).toEqual([]);
  });

  test("is fine with the right CA, and with none when told so, which it warns of", async ({
    world,
    expect,
  }) => {
    const tls = await createTlsIdentity();
    const server = await world.start({ tls });
    const source = sideAt("source", server.endpoint);
    expect((await world.check({ source, caCert: tls.caCertificate })).source.warnings).toEqual([]);
    const { warnings } = (await world.check({ source, insecureSkipVerify: true })).source;
    expect(warnings).toEqual([expect.stringContaining("INSECURE_SKIP_VERIFY=true accepts any certificate")]);
  });

  test("where the server speaks plain HTTP names the way out, and the other way round", async ({
    world,
    expect,
  }) => {
    const error = await world.sourceError(world.healthy.endpoint.replace("http:", "https:"));
    expect(error.failureClass).toBe("config");
    expect(error.message).toMatch(/does not speak TLS \(\w+\): begin SOURCE_S3_ENDPOINT with http:\/\//);
    const secure = await world.start({ tls: await createTlsIdentity() });
    const other = await world.sourceError(secure.endpoint.replace("https:", "http:"));
    expect(other.message).toMatch(/begin SOURCE_S3_ENDPOINT with https:\/\//);
  });
});
