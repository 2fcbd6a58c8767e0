// SPDX-License-Identifier: Apache-2.0
import { ensureLocalCertificate } from "./local-certificate.ts";
import { checkName, localNames, mergeNames } from "./names.ts";
import { trustInstructions } from "./trust-advice.ts";

export interface CertCommand {
  readonly folder: string;
  /** Beside those of this machine. */
  readonly names: readonly string[];
  readonly isForced: boolean;
}

/**
 * `airunner-server cert`.
 *
 * @returns what to print
 * @throws {StartError}
 */
export async function runCertCommand({ folder, names, isForced }: CertCommand): Promise<string> {
  const checked = names.map((name) => checkName(name, "--name"));
  const local = await ensureLocalCertificate({
    folder,
    names: mergeNames(localNames(), checked),
    nowMs: Date.now(),
    isForced,
  });
  return trustInstructions(local);
}
