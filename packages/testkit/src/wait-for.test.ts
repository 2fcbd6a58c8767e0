// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { waitFor } from "./wait-for.ts";

test("gives what the condition gave, as soon as it is true", async ({ expect }) => {
  const answers = [undefined, null, false, 0];
  expect(await waitFor(() => answers.shift(), { everyMs: 1 })).toBe(0);
  expect(answers).toEqual([]);
});

test("takes an error for not yet", async ({ expect }) => {
  let tries = 0;
  const flaky = async (): Promise<string> => {
    if (++tries < 3) throw new Error("not yet");
    return "done";
  };
  expect(await waitFor(flaky, { everyMs: 1 })).toBe("done");
});

test("says at the deadline what it waited for and what went wrong last", async ({ expect }) => {
  const waiting = waitFor(() => Promise.reject(new Error("refused")), {
    deadlineMs: 5,
    everyMs: 1,
    what: "an answer",
  });
  await expect(waiting).rejects.toMatchObject({
    message: "waited 5 ms for an answer",
    cause: { message: "refused" },
  });
});

test("does not hang with a condition that hangs", async ({ expect }) => {
  const { promise } = Promise.withResolvers<void>();
  await expect(waitFor(() => promise, { deadlineMs: 5 })).rejects.toThrow("waited 5 ms for a condition");
});

test("ends at once when its signal aborts", async ({ expect }) => {
  const controller = new AbortController();
  const waiting = waitFor(() => false, { deadlineMs: 60_000, everyMs: 60_000, signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow();
});
