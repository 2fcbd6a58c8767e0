// SPDX-License-Identifier: Apache-2.0
import type { Operation } from "./operation.ts";
import { newProjectFields, projectFields, projectSettingsFields } from "./project-fields.ts";
import { getProjectSettings, updateProjectSettings } from "./project-settings.ts";
import { createProject, deleteProject, getProject, listProjects, updateProject } from "./projects.ts";

const base = { service: "project", kind: "project" } as const;
const settings = { service: "project", kind: "project-settings" } as const;

export const projectOperations: Readonly<Record<string, readonly Operation[]>> = {
  "/projects": [
    { ...base, name: "list-projects", method: "GET", status: 200, run: listProjects },
    {
      ...base,
      name: "create-project",
      method: "POST",
      status: 201,
      fields: newProjectFields,
      run: createProject,
    },
  ],
  "/projects/*": [
    { ...base, name: "get-project", method: "GET", status: 200, run: getProject },
    {
      ...base,
      name: "update-project",
      method: "PUT",
      status: 200,
      fields: projectFields,
      run: updateProject,
    },
    { ...base, name: "delete-project", method: "DELETE", status: 204, run: deleteProject },
  ],
  "/projects/*/settings": [
    { ...settings, name: "get-project-settings", method: "GET", status: 200, run: getProjectSettings },
    {
      ...settings,
      name: "update-project-settings",
      method: "PUT",
      status: 200,
      fields: projectSettingsFields,
      run: updateProjectSettings,
    },
  ],
};
