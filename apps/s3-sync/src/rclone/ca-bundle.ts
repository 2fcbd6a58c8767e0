// SPDX-License-Identifier: Apache-2.0
import { getCACertificates } from "node:tls";

/**
 * What goes into rclone's `--ca-cert`, which replaces the system's certificates: the private CA and the public ones,
 * because the two sides may differ in whom they trust.
 */
export function toCaBundle(caCert: string): string {
  return [caCert.trim(), ...getCACertificates("default"), ""].join("\n");
}
