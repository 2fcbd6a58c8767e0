// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { proxyFor } from "./proxy.ts";

const https = "https://s3.eu-west-1.example.com";
const proxy = "http://proxy.local:3128";

test.for([
  ["https by HTTPS_PROXY", https, { HTTPS_PROXY: proxy, HTTP_PROXY: "http://other:1" }, "proxy.local:3128"],
  [
    "http by HTTP_PROXY",
    "http://a.example",
    { HTTP_PROXY: proxy, HTTPS_PROXY: "http://other:1" },
    "proxy.local:3128",
  ],
  [
    "the lower-case spelling first",
    https,
    { https_proxy: proxy, HTTPS_PROXY: "http://other:1" },
    "proxy.local:3128",
  ],
  ["a proxy without a scheme", https, { HTTPS_PROXY: "proxy.local:3128" }, "proxy.local:3128"],
  ["a proxy that is reached by TLS", https, { HTTPS_PROXY: "https://proxy.local" }, "proxy.local"],
  ["not https by HTTP_PROXY", https, { HTTP_PROXY: proxy }, undefined],
  ["an empty variable as unset", https, { HTTPS_PROXY: " ", https_proxy: "" }, undefined],
  ["nothing without variables", https, {}, undefined],
  ["this machine directly", "https://localhost:9000", { HTTPS_PROXY: proxy }, undefined],
  ["a loopback address directly", "https://127.1.2.3", { HTTPS_PROXY: proxy }, undefined],
  ["the other loopback address directly", "https://[::1]:9000", { HTTPS_PROXY: proxy }, undefined],
] as const)("takes %s", ([, origin, env, host], { expect }) => {
  expect(proxyFor(new URL(origin), env)?.host).toBe(host);
});

test.for([
  ["everything", https, "*", true],
  ["the host itself", https, "s3.eu-west-1.example.com", true],
  ["a domain above it", https, "example.com", true],
  ["a domain above it, with a dot", https, ".example.com", true],
  ["a domain above it, with a star", https, "*.example.com", true],
  ["one of several, in capitals", https, "a.b, EXAMPLE.com ,c.d", true],
  ["the host with its port", "https://a.example:8443", "a.example:8443", true],
  ["the host with the scheme's port", https, "example.com:443", true],
  ["the host with another port", https, "example.com:80", false],
  ["a host that only ends the same", https, "ample.com", false],
  ["a dotted domain without its subdomains", "https://example.com", ".example.com", false],
  ["an address", "https://10.1.2.3", "10.1.2.3", true],
  ["another address", "https://10.1.2.30", "10.1.2.3", false],
  ["a network", "https://10.1.2.3", "10.0.0.0/8", true],
  ["another network", "https://11.1.2.3", "10.0.0.0/8", false],
  ["a network, though the origin is a name", https, "0.0.0.0/0", false],
  ["a network of IPv6", "https://[2001:db8::5]", "2001:db8::/32", true],
  ["an address of IPv6 with a port", "https://[2001:db8::5]:8443", "[2001:db8::5]:8443", true],
  ["an address of IPv6 without brackets", "https://[2001:db8::5]", "2001:db8::5", true],
  ["a network that is none", "https://10.1.2.3", "10.0.0.0/99, /8, 10.0.0.0/", false],
  ["nothing between commas", https, " , ,", false],
] as const)("understands NO_PROXY that names %s", ([, origin, noProxy, isDirect], { expect }) => {
  const chosen = proxyFor(new URL(origin), { HTTPS_PROXY: proxy, NO_PROXY: noProxy });
  expect(chosen === undefined).toBe(isDirect);
});

test("refuses a proxy it cannot use, naming the variable and not its value", ({ expect }) => {
  for (const value of ["socks5://user:hush@proxy", "http://", "http://user:hush@:99999"]) {
    const choose = () => proxyFor(new URL(https), { HTTPS_PROXY: value });
    expect(choose).toThrow(/HTTPS_PROXY/);
    expect(choose).not.toThrow(/hush/);
  }
});
