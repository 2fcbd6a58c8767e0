// SPDX-License-Identifier: Apache-2.0
import { findProgram, type Launch } from "@repo/testbed";

/**
 * The machine lacks what a server comes with; the message is a sentence that names it. Tests that need the server
 * are skipped with it (see `@repo/testkit/vitest`), unless `TESTBED_REQUIRE=all`.
 */
export class MissingServerError extends Error {
  override readonly name: string = "MissingServerError";
}

/** A program of the testbed, found or fetched. */
export interface ServerProgram {
  readonly launch: Launch;
  readonly version: string;
  readonly path: string;
}

/**
 * Finds or fetches a program of the testbed.
 * @throws {MissingServerError} when the machine lacks its toolchain
 * @throws {TestbedError} when it should have come and did not
 */
export async function requireProgram(name: string): Promise<ServerProgram> {
  const found = await findProgram(name);
  if (found.status === "missing") throw new MissingServerError(found.reason);
  return found;
}
