// SPDX-License-Identifier: Apache-2.0
import type { NameReport } from "../names/index.ts";
import type { Comparison, VerifyCounts } from "./summary.ts";

const means: Readonly<Record<Comparison, string>> = {
  modtime: "size and modification time (checksum where times differ)",
  hybrid: "checksum, and from 5 MiB on by modification time too",
  checksum: "size and checksum; a same-size rewrite of an object uploaded in parts is not seen",
  size: "size alone; a change of content that keeps the size is not seen",
};

export interface ProofFacts {
  readonly isDryRun: boolean;
  readonly isWhole: boolean;
  readonly compare: Comparison;
  readonly verify: VerifyCounts | undefined;
  /** `undefined` where the names were not looked at. */
  readonly names: NameReport | undefined;
}

function describeVerify(verify: VerifyCounts | undefined): string {
  if (verify === undefined) return "";
  const how =
    verify.mode === "download" ? "by reading every byte of both sides" : "by the checksums both sides list";
  const but = verify.unverifiable > 0 ? ` (${verify.unverifiable} by size only)` : "";
  return ` ${verify.matched} objects were verified ${how}${but}.`;
}

/** How far the mirror is whole: rclone leaves some names out and says nothing, so its word alone is not enough. */
function describeWhole(names: NameReport | undefined): string {
  if (names === undefined || names.problem !== undefined)
    return 'The mirror is whole as far as rclone lists names (folder markers and paths with an empty, "." or ".." segment were not all checked): every object that it lists at the source is at the destination and nothing else is';
  const { sourceMarkers, destinationMarkers } = names;
  if (sourceMarkers.count + destinationMarkers.count === 0)
    return "The mirror is whole: every object of the source is at the destination and nothing else is";
  return `The mirror is whole but for folder markers (${sourceMarkers.count} at the source and ${destinationMarkers.count} at the destination are not mirrored): every other object of the source is at the destination and nothing else is`;
}

/** Says whether the mirror is whole, and what that rests on. */
export function describeProof({ isDryRun, isWhole, compare, verify, names }: ProofFacts): string {
  const limits = "Changes of metadata alone are seen by no comparison.";
  if (isDryRun) return `Nothing was changed; the plan was made by ${means[compare]}. ${limits}`;
  if (!isWhole) return "The mirror is not proven whole.";
  return `${describeWhole(names)}, compared by ${means[compare]}.${describeVerify(verify)} ${limits}`;
}
