// SPDX-License-Identifier: Apache-2.0
import { jobEnvironment, requireBundle } from "../../test/support/job.ts";
import type { Command } from "./measure.ts";
import { type BenchWorld, DESTINATION_BUCKET, SOURCE_BUCKET } from "./world.ts";

/** A program that does the job under measurement. */
/** As the image and `bin/s3-sync` start it. */
const NODE_FLAGS = ["--max-semi-space-size=2"];

export interface Contender {
  readonly name: string;
  readonly command: Command;
}

export interface TuningOptions {
  readonly transfers?: number;
  readonly checkers?: number;
}

const defaults = { transfers: 16, checkers: 32 } as const;

/** What the bundle runs with when nothing is set but what `settings` says. */
export function bundle(
  name: string,
  world: BenchWorld,
  settings: Readonly<Record<string, string>>,
): Contender {
  const command = {
    file: process.execPath,
    args: [...NODE_FLAGS, requireBundle()],
    env: environment(world, settings),
  };
  return { name, command };
}

/**
 * Another program that is configured by the same variables, as a command line for `sh`: `--against "node other.mjs"`.
 */
export function rival(
  name: string,
  world: BenchWorld,
  commandLine: string,
  settings: Readonly<Record<string, string>>,
): Contender {
  const env = { ...environment(world, settings), PATH: process.env["PATH"] ?? "" };
  // `exec`, so that the shell's memory is not taken for the program's.
  return { name, command: { file: "/bin/sh", args: ["-c", `exec ${commandLine}`], env } };
}

function environment(world: BenchWorld, settings: Readonly<Record<string, string>>): Record<string, string> {
  return jobEnvironment({
    source: world.sourceSide,
    destination: world.destinationSide,
    rclone: world.rclone,
    configDir: `${world.directory}/config`,
    settings,
  });
}

/** The hybrid comparison by hand: a pass by checksums, then one by times over what is large. */
export function thenLarge(name: string, world: BenchWorld, tuning: TuningOptions): Contender {
  const { command } = bareRclone(name, world, ["--checksum"], tuning);
  const second = ["copy", ...bareRclone(name, world, ["--min-size", "5M"], tuning).command.args.slice(1)];
  const quoted = (args: readonly string[]): string => args.map((arg) => `'${arg}'`).join(" ");
  const both = `${world.rclone} ${quoted(command.args)} && exec ${world.rclone} ${quoted(second.filter((arg) => arg !== "--delete-after"))}`;
  return { name, command: { ...command, file: "/bin/sh", args: ["-c", both] } };
}

/** `rclone sync` by itself, with the flags that the bundle gives it in its defaults, and no deletion guard. */
export function bareRclone(
  name: string,
  world: BenchWorld,
  compare: readonly string[] = [],
  { transfers = defaults.transfers, checkers = defaults.checkers }: TuningOptions = {},
): Contender {
  const values = {
    "--config": world.rcloneConfig,
    "--log-level": "INFO",
    "--stats": "30s",
    "--stats-log-level": "INFO",
    "--retries": "3",
    "--retries-sleep": "10s",
    "--low-level-retries": "5",
    "--contimeout": "15s",
    "--timeout": "60s",
    "--transfers": String(transfers),
    "--checkers": String(checkers),
  };
  const switches = ["ask-password=false", "use-json-log", "no-unicode-normalization", "fast-list"];
  const copying = ["no-update-modtime", "metadata", "delete-after"];
  const args = [
    "sync",
    `source:${SOURCE_BUCKET}/`,
    `dest:${DESTINATION_BUCKET}/`,
    ...Object.entries(values).flat(),
    ...[...switches, ...copying].map((name) => `--${name}`),
    ...compare,
  ];
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/nonexistent" };
  return { name, command: { file: world.rclone, args, env } };
}
