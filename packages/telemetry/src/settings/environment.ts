// SPDX-License-Identifier: Apache-2.0

/** Variables as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;
