// SPDX-License-Identifier: MIT
import { systemClock } from "../clock.ts";
import type { Identity } from "../identity/identity.ts";

type SigningStatus = ReturnType<Identity["signingStatus"]>;

/**
 * Waits for the key id, which is looked for in the background; the first token needs it.
 *
 * @param patienceMs after which the status is given as it is
 */
export async function untilSigning(
  { signingStatus }: Pick<Identity, "signingStatus">,
  patienceMs: number,
): Promise<SigningStatus> {
  const deadlineMs = systemClock.monotonicMs() + patienceMs;
  for (;;) {
    const status = signingStatus();
    if (status.isReady || systemClock.monotonicMs() >= deadlineMs) return status;
    await systemClock.wait(20);
  }
}
