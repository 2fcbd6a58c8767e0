// SPDX-License-Identifier: Apache-2.0

/**
 * What rclone may leave out of a mirror without a word: an object that stands for a folder (`photos/`), or a name whose
 * path has an empty, `.` or `..` segment (`/lead`, `a//b`, `x/../y`). Which of the latter it carries depends on its
 * version and on the kind of listing.
 */
export type NameKind = "folder_marker" | "odd" | "ordinary";

const ODD_SEGMENT = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** True when a name, or the name at the end of a longer path, may be anything but ordinary; cheap. */
export function mayBeOdd(path: string): boolean {
  return ODD_SEGMENT.test(path);
}

/** Judges an object's name below its side's prefix; "" is the prefix's own marker, which nobody misses. */
export function kindOfName(name: string): NameKind {
  if (name === "" || !mayBeOdd(name)) return "ordinary";
  return name.endsWith("/") && !mayBeOdd(name.slice(0, -1)) ? "folder_marker" : "odd";
}
