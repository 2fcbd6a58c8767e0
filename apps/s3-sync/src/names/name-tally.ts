// SPDX-License-Identifier: Apache-2.0
import { kindOfName } from "./odd-name.ts";

/** Odd names that are remembered, so that a bucket full of them does not fill the memory. */
export const MAX_ODD_NAMES = 2000;

/** What is odd among the names of one side, in bounded memory. */
export class NameTally {
  folderMarkers = 0;
  /** Those that hold content, which nobody expects of a folder. */
  fullMarkers = 0;
  markerSample: string | undefined;
  /** Odd names and their sizes in bytes, as the listing writes them. */
  readonly odd = new Map<string, string>();
  /** Odd names that are not in `odd`, for there were too many. */
  uncounted = 0;

  /** Counts an object by its name below the prefix. */
  add(name: string, size: string): void {
    const kind = kindOfName(name);
    if (kind === "folder_marker") {
      this.folderMarkers += 1;
      if (size !== "0") this.fullMarkers += 1;
      this.markerSample ??= name;
    } else if (kind === "odd") {
      if (this.odd.size < MAX_ODD_NAMES) this.odd.set(name, size);
      else this.uncounted += 1;
    }
  }
}
