// SPDX-License-Identifier: Apache-2.0
export { type CommandOptions, type CommandResult, type CommandRunner, outputOf } from "./commands.ts";
export { type Kubernetes, type KubernetesOptions, startKubernetes } from "./start-kubernetes.ts";
export { type StaticUser, serviceAccountUser } from "./static-users.ts";
