// SPDX-License-Identifier: Apache-2.0
import type { OwnProgram, Package, Program } from "./program.ts";
import type { GoSource } from "./source.ts";

const kubernetesVersion = "1.36.3";

/** All programs come from one module, because they share most of what there is to compile. */
const goSource = (
  programs: Readonly<Record<string, string>>,
  moduleFiles?: GoSource["moduleFiles"],
): GoSource => ({
  kind: "go",
  module: "go/kubernetes",
  packages: programs,
  linkerFlags: [
    `-X k8s.io/component-base/version.gitVersion=v${kubernetesVersion}`,
    "-X k8s.io/component-base/version.gitMajor=1",
    "-X k8s.io/component-base/version.gitMinor=36",
  ].join(" "),
  atLeast: "1.26.0",
  ...(moduleFiles === undefined ? {} : { moduleFiles }),
});

/** The folder variable is the one controller-runtime's envtest reads; on PATH only what many people have. */
const envtest = (command: string, versionArgs: readonly string[], atLeast: string): OwnProgram => ({
  variable: "KUBEBUILDER_ASSETS",
  isFolder: true,
  command,
  versionArgs,
  atLeast,
});

const binary = (name: string, rest: Omit<Program, "start"> = {}): [string, Program] => [
  name,
  { ...rest, start: { kind: "binary", file: `bin/${name}` } },
];

/** A Kubernetes control plane without nodes, and what checks and installs charts. */
export const kubernetesPackages: readonly Package[] = [
  {
    name: "chart-tools",
    version: "4.2.4",
    purpose: "helm, kubeconform and helm-unittest",
    neededBy: ["check", "system"],
    sources: [
      goSource(
        {
          helm: "helm.sh/helm/v4/cmd/helm",
          kubeconform: "github.com/yannh/kubeconform/cmd/kubeconform",
          "helm-unittest": "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
        },
        {
          // What kubeconform's schemas are made from.
          "share/swagger.json": { module: "k8s.io/kubernetes", file: "api/openapi-spec/swagger.json" },
        },
      ),
    ],
    programs: Object.fromEntries([
      binary("helm", {
        own: {
          variable: "HELM",
          command: "helm",
          versionArgs: ["version", "--template", "{{.Version}}"],
          atLeast: "4.0.0",
        },
      }),
      binary("kubeconform", { version: "0.8.0" }),
      binary("helm-unittest", { version: "1.1.2" }),
    ]),
  },
  {
    name: "kubernetes",
    version: kubernetesVersion,
    purpose: "kube-apiserver, etcd and kubectl",
    neededBy: ["system"],
    sources: [
      goSource({
        "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
        kubectl: "k8s.io/kubernetes/cmd/kubectl",
        etcd: "go.etcd.io/etcd/server/v3",
      }),
    ],
    programs: Object.fromEntries([
      binary("kube-apiserver", { own: envtest("kube-apiserver", ["--version"], "1.34.0") }),
      binary("kubectl", { own: envtest("kubectl", ["version", "--client"], "1.34.0") }),
      // Debian's etcd 3.4 fails on streaming lists.
      binary("etcd", { version: "3.6.8", own: envtest("etcd", ["--version"], "3.6.0") }),
    ]),
  },
  {
    name: "kubernetes-controllers",
    version: kubernetesVersion,
    purpose: "controller-manager, scheduler and kwok: pods that run",
    neededBy: ["system"],
    sources: [
      goSource({
        "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
        kwok: "sigs.k8s.io/kwok/cmd/kwok",
      }),
    ],
    programs: Object.fromEntries([
      binary("kube-controller-manager"),
      binary("kube-scheduler"),
      binary("kwok", { version: "0.8.0" }),
    ]),
  },
];
