// SPDX-License-Identifier: Apache-2.0
import { readFile } from "node:fs/promises";
import type { OtlpTarget } from "../settings/otlp-target.ts";

/** Options of `tls.connect`. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** @throws when a file cannot be read */
export async function readTlsFiles({ caFile, certificateFile, keyFile }: OtlpTarget): Promise<TlsFiles> {
  return {
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certificateFile !== undefined && { cert: await readFile(certificateFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
  };
}
