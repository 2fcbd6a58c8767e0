// SPDX-License-Identifier: Apache-2.0
export { freePort, freePorts } from "./free-port.ts";
export { seededRandom } from "./seeded-random.ts";
export { MissingServerError } from "./server/missing-server-error.ts";
export { ServerStartError } from "./server/start-server.ts";
export type { TestDirectory } from "./test-directory.ts";
export { testDirectory } from "./test-directory.ts";
export type { WaitOptions } from "./wait-for.ts";
export { waitFor } from "./wait-for.ts";
