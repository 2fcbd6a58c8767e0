// SPDX-License-Identifier: Apache-2.0
import { execa } from "execa";
import { z } from "zod";
import { isAllowed } from "./allowed.ts";

const Listing = z.record(z.string(), z.array(z.object({ name: z.string(), versions: z.array(z.string()) })));

/** Fails on a dependency of an app, direct or through a package, whose licence may not be shipped in an image. */
const { stdout } = await execa(
  "pnpm",
  ["--filter-prod", "./apps/*...", "licenses", "list", "--prod", "--json"],
  { preferLocal: true },
);
const refused = Object.entries(Listing.parse(JSON.parse(stdout)))
  .filter(([licence]) => !isAllowed(licence))
  .flatMap(([licence, packages]) =>
    packages.map(({ name, versions }) => `${name} ${versions.join(", ")}: licence ${licence} is not allowed`),
  );
if (refused.length > 0) {
  process.stdout.write(`${refused.join("\n")}\n`);
  process.exitCode = 1;
}
