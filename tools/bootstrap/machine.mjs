// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";

/** Facts about this machine that decide whether the repository can be built here. */
export function readMachine() {
  // The C library is named only in the process report; the network section would ask DNS and is left out.
  process.report.excludeNetwork = true;
  return {
    platform: process.platform,
    arch: process.arch,
    isGlibc: process.report.getReport().header.glibcVersionRuntime !== undefined,
    nodeVersion: process.versions.node,
    hasNpx: spawnSync("npx", ["--version"], { stdio: "ignore" }).status === 0,
    hasPython: spawnSync("python3", ["--version"], { stdio: "ignore" }).status === 0,
  };
}

/**
 * The one sentence that says what this machine lacks, or `undefined` when the command can run. Only the demo
 * insists on Python: tests whose server comes from there are skipped with a sentence of their own.
 */
export function lacking(machine, command) {
  if (machine.platform !== "linux" || !machine.isGlibc || !["x64", "arm64"].includes(machine.arch)) {
    const seen = `${machine.platform}-${machine.arch}${machine.platform === "linux" && !machine.isGlibc ? " without glibc" : ""}`;
    return `This repository builds and tests on glibc Linux (x64 or arm64) only, and this is ${seen}: use a Linux machine, a virtual machine or a dev container such as the image node:24-trixie.`;
  }
  if (Number(machine.nodeVersion.split(".")[0]) < 20) {
    return `Node.js 20 or later is needed to start the package manager, and this is ${machine.nodeVersion}: install a newer Node.js; the pinned one for everything else comes by itself.`;
  }
  if (!machine.hasNpx)
    return "npm with npx is needed to fetch the package manager and was not found: install npm.";
  if (command === "demo" && !machine.hasPython) {
    return "The demo needs Python 3.10 or later with pip, because its S3 servers and rclone come as Python packages: install python3.";
  }
  return undefined;
}
