// SPDX-License-Identifier: Apache-2.0
import { packageNamed, packages, packagesFor } from "../catalogue.ts";
import { type Environment, variable } from "../environment.ts";
import { findOwnProgram } from "../own-program.ts";
import { type FetchObserver, obtainPackage, openScratch } from "../package-store.ts";
import type { Package, Suite } from "../program.ts";

/** How one package came out. */
type Outcome =
  | { readonly kind: "own"; readonly paths: readonly string[] }
  | { readonly kind: "cached" | "fetched"; readonly folder: string }
  | { readonly kind: "missing"; readonly reason: string }
  | { readonly kind: "failed"; readonly error: unknown };

export interface FetchReport {
  readonly package: Package;
  readonly outcome: Outcome;
}

/** The packages a command line names: all, those of a suite, or single ones. Throws `unknown_program`. */
export function choosePackages(names: readonly string[], suite: Suite | undefined): readonly Package[] {
  if (names.length > 0) return [...new Set(names.map(packageNamed))];
  return suite === undefined ? packages : packagesFor(suite);
}

/**
 * Fetches packages that are not there yet. Builds run one after the other, for each uses all cores; beside them
 * run the downloads, also one after the other.
 */
export async function fetchPackages(
  wanted: readonly Package[],
  environment: Environment,
  observer: FetchObserver,
  onReport: (report: FetchReport) => void,
): Promise<readonly FetchReport[]> {
  await using scratch = await openScratch(environment);
  const reports: FetchReport[] = [];
  const runLane = async (lane: readonly Package[]): Promise<void> => {
    for (const one of lane) {
      const report = { package: one, outcome: await fetchOne(one, environment, scratch.folder, observer) };
      reports.push(report);
      onReport(report);
    }
  };
  const builds = wanted.filter(isBuilt);
  await Promise.all([runLane(builds), runLane(wanted.filter((one) => !builds.includes(one)))]);
  return reports;
}

/** Whether `fetch` ends well: nothing failed, and nothing is missing where everything is required. */
export function isSuccess(reports: readonly FetchReport[], environment: Environment): boolean {
  const requiresAll = variable(environment, "TESTBED_REQUIRE") === "all";
  return reports.every(
    ({ outcome }) => outcome.kind !== "failed" && !(requiresAll && outcome.kind === "missing"),
  );
}

async function fetchOne(
  wanted: Package,
  environment: Environment,
  scratch: string,
  observer: FetchObserver,
): Promise<Outcome> {
  try {
    const own = await ownPrograms(wanted, environment);
    if (own !== undefined) return { kind: "own", paths: own };
    const result = await obtainPackage(wanted, environment, scratch, observer);
    if (result.folder === undefined) return { kind: "missing", reason: result.reason };
    return { kind: result.isNew ? "fetched" : "cached", folder: result.folder };
  } catch (error) {
    return { kind: "failed", error };
  }
}

/** Paths of the person's own copies if there is one of every program of the package. */
async function ownPrograms(
  wanted: Package,
  environment: Environment,
): Promise<readonly string[] | undefined> {
  const paths: string[] = [];
  for (const { own } of Object.values(wanted.programs)) {
    const copy = own === undefined ? undefined : await findOwnProgram(own, environment);
    if (copy === undefined) return undefined;
    paths.push(copy.path);
  }
  return paths;
}

function isBuilt({ sources: [first] }: Package): boolean {
  return first.kind === "go" || first.kind === "cargo";
}
