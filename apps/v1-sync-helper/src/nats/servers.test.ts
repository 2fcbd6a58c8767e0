// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { parseNatsServers } from "./servers.ts";

test.for([
  ["nats://host", { servers: ["host:4222"] }, "host:4222"],
  ["host:5222", { servers: ["host:5222"] }, "host:5222"],
  ["nats://[::1]:4333", { servers: ["[::1]:4333"] }, "[::1]:4333"],
  ["nats://u:12%2034@host:80", { servers: ["host:80"], user: "u", pass: "12 34" }, "host:80"],
  ["nats://u:100%@host", { servers: ["host:4222"], user: "u", pass: "100%" }, "host:4222"],
  ["nats://t0ken@a , b:1", { servers: ["a:4222", "b:1"], token: "t0ken" }, "a:4222, b:1"],
  ["tls://host", { servers: ["host:4222"], tls: {} }, "host:4222"],
] as const)("reads %s", ([text, options, shown], { expect }) => {
  expect(parseNatsServers(text)).toEqual({ options, shown });
});

test.for([
  ["", /names no server/],
  [" , ", /names no server/],
  ["http://user:hidden@host", /has the form nats:\/\//],
  ["nats://user:hidden@:99999999", /has the form nats:\/\//],
] as const)("rejects %j without showing it", ([text, message], { expect }) => {
  expect(() => parseNatsServers(text)).toThrow(message);
  expect(() => parseNatsServers(text)).not.toThrow(/hidden/);
});
