// SPDX-License-Identifier: Apache-2.0
import type { RpcMethod } from "../rpc/method.ts";
import { eventMethods } from "./event-methods.ts";
import { jobMethods } from "./job-methods.ts";
import { LeaseOrder } from "./lease-order.ts";
import type { ServiceOptions } from "./service-options.ts";
import { streamMethod } from "./stream-method.ts";
import { workMethods } from "./work-methods.ts";

/** Every method of both services. */
export function createMethods(options: ServiceOptions): readonly RpcMethod[] {
  const order = new LeaseOrder();
  return [
    ...jobMethods(options),
    ...workMethods(options, order),
    ...eventMethods(options, order),
    streamMethod(options),
  ];
}
