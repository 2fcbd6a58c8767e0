// SPDX-License-Identifier: Apache-2.0
import type { Job } from "../../job/job.ts";
import { AuthError } from "./auth-error.ts";
import type { Caller } from "./caller.ts";

/** Whether the caller submitted the job; nobody without a name did. */
function isSubmitter(caller: Caller, job: Pick<Job, "submitter">): boolean {
  return caller.subject !== "" && caller.subject === job.submitter;
}

/** Whether the caller may see the values of the job's environment. */
export function seesSecrets(caller: Caller, job: Pick<Job, "submitter">): boolean {
  return caller.scopes.has("read-secrets") || isSubmitter(caller, job);
}

/** @throws {AuthError} `permission_denied` unless it is the caller's own job, or the caller has the scope admin */
export function requireControl(caller: Caller, job: Pick<Job, "submitter" | "jobId">): void {
  if (caller.scopes.has("admin") || isSubmitter(caller, job)) return;
  throw new AuthError(
    "permission_denied",
    `job ${job.jobId} was submitted by somebody else; a token with the scope admin is needed`,
  );
}
