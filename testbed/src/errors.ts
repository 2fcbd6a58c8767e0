// SPDX-License-Identifier: Apache-2.0

export type TestbedErrorCode =
  | "unsupported_platform"
  | "unsuitable_program"
  | "fetch_failed"
  | "cache_unusable"
  | "unknown_program";

/**
 * Every failure the testbed reports on purpose. A program that cannot come because the machine lacks
 * its toolchain is *not* one of them: that is a {@link Missing} result, and its tests are skipped.
 */
export class TestbedError extends Error {
  override readonly name: string = "TestbedError";
  readonly code: TestbedErrorCode;

  constructor(code: TestbedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
