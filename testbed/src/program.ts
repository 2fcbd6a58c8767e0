// SPDX-License-Identifier: Apache-2.0
import type { Source } from "./source.ts";

/** Which command needs a package; see {@link packagesFor}. */
export type Suite = "test" | "system" | "check";

/** What a package client brings at once, into one folder of the cache. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Tried in this order; the first whose toolchain the machine has is used. */
  readonly sources: readonly [Source, ...Source[]];
  readonly programs: Readonly<Record<string, Program>>;
  readonly neededBy: readonly Suite[];
  /** One sentence for `testbed list`. */
  readonly purpose: string;
}

/** One program of a package. */
export interface Program {
  readonly start: Start;
  /** Where it is not the package's. */
  readonly version?: string;
  /** How a person's own copy is found; without it only the cache is used. */
  readonly own?: OwnProgram;
}

/** How a program is started from the folder of its package. */
export type Start =
  | { readonly kind: "binary"; readonly file: string }
  | { readonly kind: "python"; readonly module: string }
  | { readonly kind: "java"; readonly jars: string; readonly mainClass: string };

/** A copy that the environment names, or that is on PATH. */
export interface OwnProgram {
  /** Variable that names the program; with `isFolder` the folder that holds it. */
  readonly variable?: string;
  readonly isFolder?: true;
  /** Looked for on PATH, and in the folder that the variable names. */
  readonly command: string;
  readonly versionArgs: readonly string[];
  /** Accepted versions, both ends included. */
  readonly atLeast: string;
  readonly atMost?: string;
}

/** How to start a program: `spawn(command, [...args, …], { env: {...env, …} })`. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Available {
  readonly status: "available";
  readonly name: string;
  readonly version: string;
  readonly origin: "environment" | "path" | "cache" | "fetched";
  /** The program itself, or the folder of its package where there is no single file. */
  readonly path: string;
  readonly launch: Launch;
}

/** The machine lacks what the program comes with; `reason` is a sentence that names it. */
export interface Missing {
  readonly status: "missing";
  readonly name: string;
  readonly version: string;
  readonly reason: string;
}

export type Found = Available | Missing;
