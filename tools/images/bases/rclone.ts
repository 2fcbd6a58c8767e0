// SPDX-License-Identifier: Apache-2.0
import type { Materials } from "./materials.ts";
import type { BaseRecipe } from "./recipe.ts";

/** An image of one file, where the public image has it. */
export function rcloneRecipe({ rclone }: Materials): BaseRecipe {
  return {
    name: "rclone",
    revision: 1,
    inputs: [rclone],
    fill: (root) => root.copy(rclone, "/usr/local/bin/rclone"),
    config: ['ENTRYPOINT ["/usr/local/bin/rclone"]'],
  };
}
