// SPDX-License-Identifier: Apache-2.0
import type { StopReason } from "./process/process.ts";

/** Why a job is stopped from outside, as the reason of an abort. */
export class JobStop extends Error {
  override readonly name: string = "JobStop";
  readonly reason: StopReason;
  /** For people; "" where there is nothing to add. */
  readonly detail: string;

  constructor(reason: StopReason, detail = "") {
    super(`The job is stopped (${reason}).`);
    this.reason = reason;
    this.detail = detail;
  }
}

/** Aborts once, with the first {@link JobStop} that somebody asks for. */
export class StopSwitch {
  readonly #controller = new AbortController();
  readonly #hurry = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What was asked for first. */
  asked(): JobStop | undefined {
    const reason: unknown = this.#controller.signal.reason;
    return reason instanceof JobStop ? reason : undefined;
  }

  /** Aborts when the process must be gone at once. */
  get hurried(): AbortSignal {
    return this.#hurry.signal;
  }

  ask(reason: StopReason, detail = ""): void {
    this.#controller.abort(new JobStop(reason, detail));
  }

  /** Stops the job, if nobody did, and leaves its process no time. */
  hurry(reason: StopReason, detail = ""): void {
    this.ask(reason, detail);
    this.#hurry.abort();
  }
}
