// SPDX-License-Identifier: Apache-2.0
export { type HealthCheck } from "./checks.ts";
export {
  type HealthServer,
  type HealthServerOptions,
  type HealthState,
  type ListenAddress,
  startHealthServer,
} from "./health-server.ts";
export { HealthServerError, type HealthServerErrorCode } from "./health-server-error.ts";
export { type ProbeOptions, probe } from "./probe.ts";
