// SPDX-License-Identifier: Apache-2.0

export interface RetryBudgetOptions {
  /** Tokens at the start, and the most there can be; default 500. */
  readonly capacity?: number;
  /** Tokens that a retry takes; default 5. */
  readonly retryCost?: number;
  /** Tokens that a retry after a time-out takes: those cost the service most; default 10. */
  readonly timeoutCost?: number;
  /** Tokens that a success without a retry gives back; default 1. */
  readonly successRefund?: number;
}

/**
 * A bucket of tokens that all requests of a client share, so that an outage is not multiplied by the number of
 * attempts: with the defaults 100 retries may follow each other without a success between them, and then every
 * request has a single attempt until requests succeed again. One budget can serve several clients.
 *
 * @see the standard retry mode of the AWS SDKs, whose figures are the defaults
 */
export interface RetryBudget {
  /** Tokens left, from 0 to the capacity. */
  readonly tokens: number;
  /** Takes the tokens of one retry; gives how many that were, or `undefined` when there are too few. */
  take(isTimeout: boolean): number | undefined;
  /** Gives back what the last retry took, or, without an argument, what a success at the first attempt earns. */
  refund(taken?: number): void;
}

/** @throws {TypeError} naming the option that is not a number of at least 0 */
export function createRetryBudget(options: RetryBudgetOptions = {}): RetryBudget {
  const { capacity = 500, retryCost = 5, timeoutCost = 10, successRefund = 1 } = options;
  for (const [name, value] of Object.entries({ capacity, retryCost, timeoutCost, successRefund })) {
    if (!(value >= 0)) {
      throw new TypeError(`The retry budget's ${name} must be a number of at least 0, not ${value}.`);
    }
  }
  let tokens = capacity;
  return {
    get tokens() {
      return tokens;
    },
    take(isTimeout) {
      const cost = isTimeout ? timeoutCost : retryCost;
      if (tokens < cost) return undefined;
      tokens -= cost;
      return cost;
    },
    refund(taken = successRefund) {
      tokens = Math.min(capacity, tokens + taken);
    },
  };
}
