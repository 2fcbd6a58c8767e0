// SPDX-License-Identifier: MIT
import { createCommitteeType } from "../committees/committee-type.ts";
import { createMemberType } from "../members/member-type.ts";
import type { ObjectType } from "../objects/world.ts";
import type { Allowlists } from "../projects/allowlist.ts";
import { createProjectType } from "../projects/project-type.ts";
import type { ObjectKind } from "../records/object-key.ts";

export type ObjectTypes = Readonly<Record<ObjectKind, ObjectType>>;

/** Every kind of object that is kept in step, with its mapping table. */
export function createObjectTypes(options: { readonly allowlists: Allowlists }): ObjectTypes {
  return {
    project: createProjectType(options.allowlists),
    committee: createCommitteeType(),
    member: createMemberType(),
  };
}
