// SPDX-License-Identifier: Apache-2.0

/** A repository whose `.airunner.yaml` is missing or wrong. The message is one sentence for its author. */
export class JobFileError extends Error {
  override readonly name: string = "JobFileError";
}
