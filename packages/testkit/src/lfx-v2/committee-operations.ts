// SPDX-License-Identifier: Apache-2.0
import { committeeFields, committeeSettingsFields, newCommitteeFields } from "./committee-fields.ts";
import { getCommitteeSettings, updateCommitteeSettings } from "./committee-settings.ts";
import { createCommittee, deleteCommittee, getCommittee, updateCommittee } from "./committees.ts";
import { memberFields } from "./member-fields.ts";
import { createMember, deleteMember, getMember, updateMember } from "./members.ts";
import type { Operation } from "./operation.ts";

const base = { service: "committee", kind: "committee" } as const;
const settings = { service: "committee", kind: "committee-settings" } as const;
const member = { service: "committee", kind: "committee-member" } as const;

export const committeeOperations: Readonly<Record<string, readonly Operation[]>> = {
  "/committees": [
    {
      ...base,
      name: "create-committee",
      method: "POST",
      status: 201,
      fields: newCommitteeFields,
      run: createCommittee,
    },
  ],
  "/committees/*": [
    { ...base, name: "get-committee", method: "GET", status: 200, run: getCommittee },
    {
      ...base,
      name: "update-committee",
      method: "PUT",
      status: 200,
      fields: committeeFields,
      run: updateCommittee,
    },
    { ...base, name: "delete-committee", method: "DELETE", status: 204, run: deleteCommittee },
  ],
  "/committees/*/settings": [
    { ...settings, name: "get-committee-settings", method: "GET", status: 200, run: getCommitteeSettings },
    {
      ...settings,
      name: "update-committee-settings",
      method: "PUT",
      status: 200,
      fields: committeeSettingsFields,
      run: updateCommitteeSettings,
    },
  ],
  "/committees/*/members": [
    {
      ...member,
      name: "create-member",
      method: "POST",
      status: 201,
      fields: memberFields,
      run: createMember,
    },
  ],
  "/committees/*/members/*": [
    { ...member, name: "get-member", method: "GET", status: 200, run: getMember },
    { ...member, name: "update-member", method: "PUT", status: 200, fields: memberFields, run: updateMember },
    { ...member, name: "delete-member", method: "DELETE", status: 204, run: deleteMember },
  ],
};
