// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { abortReason, onAbort } from "./abort.ts";

test("gives an error even for an abort without one", ({ expect }) => {
  expect(abortReason(AbortSignal.abort("why")).cause).toBe("why");
  expect(abortReason(AbortSignal.abort()).name).toBe("AbortError");
  expect(abortReason(undefined)).toBeInstanceOf(Error);
});

test("calls once, with the reason of the first signal to abort", ({ expect }) => {
  const [one, other] = [new AbortController(), new AbortController()];
  const reasons: string[] = [];
  onAbort([one.signal, other.signal], (reason) => reasons.push(reason.message));
  other.abort(new Error("other"));
  one.abort(new Error("one"));
  onAbort([undefined, one.signal, other.signal], (reason) => reasons.push(reason.message));
  expect(reasons).toEqual(["other", "one"]);
});

test("does not call once the listeners are taken off", ({ expect }) => {
  const controller = new AbortController();
  const reasons: Error[] = [];
  onAbort([controller.signal], (reason) => reasons.push(reason))();
  controller.abort();
  expect(reasons).toEqual([]);
});
