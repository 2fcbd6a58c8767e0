// SPDX-License-Identifier: MIT

/** What `/readyz` asks for; the order is that of the answer. */
export const conditionNames = ["nats", "buckets", "signing-key", "consumer"] as const;
export type ConditionName = (typeof conditionNames)[number];

/**
 * What keeps the service from working, part by part. A part that is not there yet gives its reason too, so that
 * whoever looks at a pod that does not become ready reads why.
 */
export class Conditions {
  readonly #reasons = new Map<ConditionName, () => string | undefined>();

  /** `reason` is asked at each look; `undefined`: well. */
  watch(name: ConditionName, reason: () => string | undefined): void {
    this.#reasons.set(name, reason);
  }

  reasonOf(name: ConditionName): string | undefined {
    const reason = this.#reasons.get(name);
    return reason === undefined ? "not begun yet" : reason();
  }
}
