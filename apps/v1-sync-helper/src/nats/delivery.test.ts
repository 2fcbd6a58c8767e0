// SPDX-License-Identifier: MIT
import { test } from "vitest";
import { parseDelivery } from "./delivery.ts";

const expected = { streamSequence: 17, consumerSequence: 5, pending: 3 };

test.for([
  ["the form of today", "$JS.ACK.KV_b.watch-1.1.17.5.1795285516026211597.3", expected],
  [
    "the form with domain and account",
    "$JS.ACK.hub.ABCDEF.KV_b.watch-1.1.17.5.1795285516026211597.3.tok",
    expected,
  ],
  ["that form without a token", "$JS.ACK._.ABCDEF.KV_b.watch-1.1.17.5.1795285516026211597.3", expected],
  ["a flow control subject", "$JS.FC.KV_b.watch.x", undefined],
  ["something cut short", "$JS.ACK.KV_b.watch.1.17", undefined],
  ["no reply subject", undefined, undefined],
] as const)("reads %s", ([, reply, position], { expect }) => {
  expect(parseDelivery(reply)).toEqual(position);
});
