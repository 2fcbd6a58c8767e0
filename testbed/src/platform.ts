// SPDX-License-Identifier: Apache-2.0

/** The parts of a machine that decide whether the pinned programs run on it. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** e.g. `2.36`; `undefined` on musl and on anything but Linux. */
  readonly glibc: string | undefined;
}

/** The machine this process runs on. */
function currentPlatform(): Platform {
  return { os: process.platform, architecture: process.arch, glibc: glibcVersion() };
}

/**
 * Why the pinned programs cannot run on this machine, as one sentence; `undefined` when they can.
 * Servers named by a URL in the environment work everywhere and do not ask.
 */
export function platformProblem(platform: Platform = currentPlatform()): string | undefined {
  const way =
    "use a glibc Linux (x64 or arm64), or start compose.yaml and set the URLs that testbed/README.md lists";
  if (platform.os !== "linux")
    return `The test servers run on Linux only, and this is ${platform.os}: ${way}.`;
  if (platform.glibc === undefined)
    return `The test servers need glibc, and this Linux has another C library: ${way}.`;
  if (platform.architecture !== "x64" && platform.architecture !== "arm64") {
    return `The test servers exist for x64 and arm64, and this machine is ${platform.architecture}: ${way}.`;
  }
  return undefined;
}

function glibcVersion(): string | undefined {
  if (process.platform !== "linux") return undefined;
  // Without this the report looks up the names of all sockets' peers, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  if (typeof report !== "object" || report === null || !("header" in report)) return undefined;
  const { header } = report;
  if (typeof header !== "object" || header === null || !("glibcVersionRuntime" in header)) return undefined;
  return typeof header.glibcVersionRuntime === "string" ? header.glibcVersionRuntime : undefined;
}
