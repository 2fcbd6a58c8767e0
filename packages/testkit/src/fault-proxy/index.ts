// SPDX-License-Identifier: Apache-2.0
export type { Clock } from "./clock.ts";
export type { ProxiedConnection } from "./connection.ts";
export type { Corrupt, Delay, Direction, Ending, Fault, Throttle } from "./fault.ts";
export type { FaultProxy, FaultProxyOptions } from "./start-fault-proxy.ts";
export { startFaultProxy } from "./start-fault-proxy.ts";
