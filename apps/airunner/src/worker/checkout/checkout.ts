// SPDX-License-Identifier: Apache-2.0
import type { Guard } from "../process/guard.ts";

/** What to check out. Validated by {@link checkOut} itself: a worker does not trust its server. */
export interface CheckoutParams {
  /** URL, or `host:path` as ssh takes it; without a scheme it is https. */
  readonly repository: string;
  /** 7 to 64 hexadecimal digits; "" takes the tip of the branch. */
  readonly commit: string;
  /** Branch or tag; "" is the repository's default branch. */
  readonly branch: string;
  /** Commits of history; 0 is 1, -1 all. */
  readonly depth: number;
  /** Fetch only the branch (or commit); otherwise all branches. */
  readonly singleBranch: boolean;
  readonly submodules: boolean;
}

export interface CheckoutOptions {
  readonly params: CheckoutParams;
  /** Existing directory that is the job's alone; the checkout goes into a new directory in it. */
  readonly workspace: string;
  /** For git and for nothing else; see `createGitEnvironment`. */
  readonly gitEnv: Readonly<Record<string, string>>;
  /** Ends git and all it started; `checkOut` then rejects with code `cancelled`. */
  readonly signal: AbortSignal;
  /** Milliseconds for all of it; default 10 minutes. */
  readonly timeoutMs?: number;
  /** Allow `file://` and paths of this machine; default false. */
  readonly allowFile?: boolean;
  readonly guard?: Guard;
  /** Takes git's progress, a line each, without its newline and without credentials. */
  readonly onProgress: (line: string) => void | Promise<void>;
}

export interface Checkout {
  /** Absolute path of the working tree. */
  readonly directory: string;
  /** Full commit id that is checked out. */
  readonly commitSha: string;
  readonly durationMs: number;
}

export type CheckoutErrorCode =
  | "invalid_repository"
  | "invalid_reference"
  | "git_failed"
  | "timed_out"
  | "cancelled";

/** A repository that could not be checked out. Neither message nor stderr holds a credential. */
export class CheckoutError extends Error {
  override readonly name: string = "CheckoutError";
  readonly code: CheckoutErrorCode;
  /** The last lines that git wrote, at most 4,096 characters; "" where git did not run. */
  readonly stderr: string;

  constructor(code: CheckoutErrorCode, message: string, options: ErrorOptions & { stderr?: string } = {}) {
    super(message, options);
    this.code = code;
    this.stderr = options.stderr ?? "";
  }
}
