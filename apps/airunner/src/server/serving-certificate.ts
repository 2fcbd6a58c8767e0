// SPDX-License-Identifier: Apache-2.0
import { ensureLocalCertificate } from "./certificate/local-certificate.ts";
import { localNames, mergeNames } from "./certificate/names.ts";
import { readServerCertificate, type ServerCertificate } from "./certificate/server-certificate.ts";
import { trustInOneLine } from "./certificate/trust-advice.ts";
import type { TlsSettings } from "./settings/settings.ts";

export interface ServingCertificate extends ServerCertificate {
  /** How clients come to trust it; absent where the operator brought the certificate. */
  readonly trust?: string;
}

/**
 * The certificate to serve: that of the files, else the one in the folder, made there if there is none.
 *
 * @returns `undefined` without TLS
 * @throws {StartError}
 */
export async function servingCertificate(
  settings: TlsSettings,
  nowMs: number,
): Promise<ServingCertificate | undefined> {
  switch (settings.kind) {
    case "off":
      return undefined;
    case "files":
      return readServerCertificate(settings, nowMs);
    case "folder": {
      const { folder, name } = settings;
      const names = mergeNames(localNames(), name === undefined ? [] : [name]);
      const local = await ensureLocalCertificate({ folder, names, nowMs });
      return { ...local, trust: trustInOneLine(local) };
    }
    default:
      return settings satisfies never;
  }
}
