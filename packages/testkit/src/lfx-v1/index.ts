// SPDX-License-Identifier: Apache-2.0
export type { LfxV1Endpoint, LfxV1Fault, LfxV1Faults } from "./faults.ts";
export type { LfxV1Organization, LfxV1User } from "./gateway.ts";
export type { PublishedKey } from "./key-set.ts";
export type { RsaKeys } from "./rsa-keys.ts";
export { rsaKeys } from "./rsa-keys.ts";
export type { LfxV1, LfxV1Options } from "./start-lfx-v1.ts";
export { startLfxV1 } from "./start-lfx-v1.ts";
