// SPDX-License-Identifier: Apache-2.0
export type { Started, Starters } from "./with-servers.ts";
export { withServers } from "./with-servers.ts";
