// SPDX-License-Identifier: Apache-2.0

/** Wheels of the Python package index, installed by pip from a requirements file with hashes. */
export interface PythonSource {
  readonly kind: "python";
  /** Below `testbed/`. */
  readonly requirements: string;
  /** True where the package is Python code (its wheels and its run depend on the Python), not a program in a wheel. */
  readonly isPythonCode?: true;
  /** `process.arch` → wheel platform tag, where another than this machine's own is wanted. */
  readonly platform?: Readonly<Record<string, string>>;
}

/** Programs built from one Go module whose go.mod and go.sum pin everything. */
export interface GoSource {
  readonly kind: "go";
  /** Folder of the module, below `testbed/`. */
  readonly module: string;
  /** Name of the program → its main package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Where in our folder → a file of one of the modules, taken along as it is. */
  readonly moduleFiles?: Readonly<Record<string, { readonly module: string; readonly file: string }>>;
  /** For `-ldflags`, after `-s -w`. */
  readonly linkerFlags?: string;
  /** Oldest Go that builds it. */
  readonly atLeast: string;
}

/** Jars of a Maven project, compared with `jars.sha256` beside its pom.xml. */
export interface MavenSource {
  readonly kind: "maven";
  /** Folder of pom.xml, below `testbed/`. */
  readonly project: string;
}

/** A crate with its own lockfile. */
export interface CargoSource {
  readonly kind: "cargo";
  readonly crate: string;
  readonly version: string;
  /** SHA-256 of the `.crate` file. */
  readonly sha256: string;
  readonly features: readonly string[];
  readonly atLeast: string;
}

/** A Debian package, downloaded and unpacked by apt and dpkg-deb, not installed; needs no root. */
export interface DebianSource {
  readonly kind: "debian";
  readonly package: string;
  /** Version and architecture of apt → SHA-256 of the .deb. A distribution with none of them does not have the package. */
  readonly sha256: Readonly<Record<string, string>>;
  /** A suite of the machine's Debian archive (`trixie`) that is looked in where its own has none of them. */
  readonly suite?: string;
  /** Where the package keeps the program → where it goes in our folder. */
  readonly files: Readonly<Record<string, string>>;
}

/** A development dependency of `testbed/`, copied so that other users may enter its folder. */
export interface NpmSource {
  readonly kind: "npm";
  /** `process.arch` → name of the package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Folder inside the package that is copied. */
  readonly folder: string;
  /** File in that folder with `[{ source, target }]` of symbolic links, which npm packages cannot carry. */
  readonly symlinks: string;
}

export type Source = PythonSource | GoSource | MavenSource | CargoSource | DebianSource | NpmSource;
