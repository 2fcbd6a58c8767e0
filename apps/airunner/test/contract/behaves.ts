// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { JobErrorCode } from "../../src/job/errors.ts";
import { createKit, type Kit } from "./kit.ts";
import type { ContractOptions, StoreFactory } from "./store-under-test.ts";

/** Declares a test over a store of its own. */
export type Behaves = (
  sentence: string,
  run: (kit: Kit) => Promise<void>,
  options?: Partial<ContractOptions>,
) => void;

export function createBehaves(factory: StoreFactory): Behaves {
  return (sentence, run, options) => {
    // oxlint-disable-next-line vitest/valid-title, vitest/expect-expect -- the caller gives the title and asserts in run
    test(sentence, async () => {
      await using kit = await createKit(factory, options);
      await run(kit);
    });
  };
}

/** The call is refused with this code, and a sentence. */
export async function expectRefusal(call: Promise<unknown>, code: JobErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({
    name: "JobError",
    code,
    message: expect.stringMatching(/^[A-Z].*\.$/s),
  });
}
