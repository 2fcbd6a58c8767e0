// SPDX-License-Identifier: Apache-2.0

/** A request that is not as OTLP says. */
export class OtlpError extends Error {
  override readonly name: string = "OtlpError";
}
