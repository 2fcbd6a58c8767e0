// SPDX-License-Identifier: Apache-2.0
import type { Environment } from "../environment.ts";
import type { Source } from "../source.ts";
import { cargoSource } from "./cargo.ts";
import { debianSource } from "./debian.ts";
import { goSource } from "./go.ts";
import { mavenSource } from "./maven.ts";
import { npmSource } from "./npm.ts";
import { pythonSource } from "./python.ts";
import type { FetchContext, Prepared } from "./source-kind.ts";

export type { FetchContext, Prepared } from "./source-kind.ts";

/** See {@link SourceKind.keyParts}. */
export function keyParts(source: Source, environment: Environment): Promise<readonly string[] | undefined> {
  switch (source.kind) {
    case "python":
      return pythonSource.keyParts(source, environment);
    case "go":
      return goSource.keyParts(source, environment);
    case "maven":
      return mavenSource.keyParts(source, environment);
    case "cargo":
      return cargoSource.keyParts(source, environment);
    case "debian":
      return debianSource.keyParts(source, environment);
    case "npm":
      return npmSource.keyParts(source, environment);
  }
}

/** See {@link SourceKind.prepare}. */
export function prepare(source: Source, context: FetchContext): Promise<Prepared> {
  switch (source.kind) {
    case "python":
      return pythonSource.prepare(source, context);
    case "go":
      return goSource.prepare(source, context);
    case "maven":
      return mavenSource.prepare(source, context);
    case "cargo":
      return cargoSource.prepare(source, context);
    case "debian":
      return debianSource.prepare(source, context);
    case "npm":
      return npmSource.prepare(source, context);
  }
}
