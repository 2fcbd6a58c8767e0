// SPDX-License-Identifier: Apache-2.0
import { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/job/v1/job_pb.ts";

export interface ServerErrorInfo {
  /** As "lease_lost"; see the table in the README. "" where the server gave none, as those of the Go program do. */
  readonly code: string;
  /** The field that is wrong; "" where there is none. */
  readonly field: string;
}

/** The stable code beside the protocol's own, out of an error that a call threw. */
export function errorInfoOf(error: unknown): ServerErrorInfo {
  const [info] = error instanceof ConnectError ? error.findDetails(ErrorInfoSchema) : [];
  return { code: info?.code ?? "", field: info?.field ?? "" };
}
