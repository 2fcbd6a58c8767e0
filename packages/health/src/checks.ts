// SPDX-License-Identifier: Apache-2.0

/** One thing that has to be right. */
export interface HealthCheck {
  /** Short and stable, as it stands in the answer and in `/readyz/<name>`: letters, digits, `-`, `_`, `.`. */
  readonly name: string;
  /** Milliseconds; default 900, since kubelet waits one second for an answer unless told otherwise. */
  readonly timeoutMs?: number;
  /**
   * @param signal aborts when the time is over
   * @returns the reason why it is not right, for people and without secrets (anybody may read it), else `undefined`
   */
  check(signal: AbortSignal): Promise<string | undefined> | string | undefined;
}

export interface CheckOutcome {
  readonly name: string;
  /** Absent when it is right. */
  readonly reason?: string;
}

const defaultTimeoutMs = 900;
const maxReasonLength = 300;

/**
 * Runs one check at a time however many ask: everybody who asks meanwhile gets the same answer, and a check that
 * ignores its deadline is not started again until it has returned.
 */
export class CheckRunner {
  readonly #check: HealthCheck;
  readonly #timeoutMs: number;
  #shared: Promise<CheckOutcome> | undefined;
  #isStuck = false;

  constructor(check: HealthCheck) {
    const { name, timeoutMs = defaultTimeoutMs } = check;
    if (!/^[\w.-]+$/.test(name))
      throw new TypeError(`The health check name "${name}" may hold letters, digits, - _ . only.`);
    if (!(timeoutMs > 0)) throw new TypeError(`timeoutMs of the health check ${name} must be above 0.`);
    this.#check = check;
    this.#timeoutMs = timeoutMs;
  }

  get name(): string {
    return this.#check.name;
  }

  run(): Promise<CheckOutcome> {
    if (this.#isStuck)
      return Promise.resolve(this.#outcome(`still without an answer after ${this.#timeoutMs} ms`));
    this.#shared ??= this.#runOnce().finally(() => {
      this.#shared = undefined;
    });
    return this.#shared;
  }

  async #runOnce(): Promise<CheckOutcome> {
    const controller = new AbortController();
    const { promise: expired, resolve: expire } = Promise.withResolvers<string>();
    const timer = setTimeout(() => {
      this.#isStuck = true;
      expire(`no answer within ${this.#timeoutMs} ms`);
      controller.abort(new Error(`The health check ${this.name} took too long.`));
    }, this.#timeoutMs);
    const answer = this.#ask(controller.signal).finally(() => {
      clearTimeout(timer);
      this.#isStuck = false;
    });
    return this.#outcome(await Promise.race([answer, expired]));
  }

  async #ask(signal: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#check.check(signal);
    } catch (error) {
      return Error.isError(error) && error.message !== "" ? error.message : "the check itself failed";
    }
  }

  #outcome(reason: string | undefined): CheckOutcome {
    return reason === undefined ? { name: this.name } : { name: this.name, reason: toLine(reason) };
  }
}

/** One line of bounded length, whatever an error message holds. */
function toLine(reason: string): string {
  const line = reason.replaceAll(/[\s\u0000-\u001f\u007f]+/g, " ").trim();
  const text = line === "" ? "no reason given" : line;
  return text.length <= maxReasonLength ? text : `${text.slice(0, maxReasonLength)}…`;
}
