{{- /* SPDX-License-Identifier: MIT */ -}}

{{/*
Name of everything: the release's. Helm takes names of up to 53 characters with dots, and with a digit first; a Service
takes neither of the latter.
*/}}
{{- define "sync.name" -}}
{{- $name := .Release.Name | replace "." "-" -}}
{{- if regexMatch "^[0-9]" $name -}}{{- printf "sync-%s" $name -}}{{- else -}}{{- $name -}}{{- end -}}
{{- end -}}

{{/* A Deployment's selector cannot change, so these never do. */}}
{{- define "sync.selectorLabels" -}}
app.kubernetes.io/name: lfx-v1-sync-helper
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: sync
{{- end -}}

{{- define "sync.labels" -}}
app: lfx-v1-sync-helper
{{ include "sync.selectorLabels" . }}
app.kubernetes.io/part-of: lfx
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") | trunc 63 | quote }}
{{- end -}}

{{- define "sync.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/*
A value as the text that the program reads. Helm keeps an unquoted 1000000 as a floating-point number and would
write it as 1e+06.
*/}}
{{- define "sync.text" -}}
{{- if kindIs "invalid" . -}}
{{- else if kindIs "float64" . -}}
{{- if eq . (floor .) -}}{{- printf "%.0f" . -}}{{- else -}}{{- . -}}{{- end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* More than one pod, or as many as an autoscaler says. */}}
{{- define "sync.isShared" -}}
{{- if kindIs "invalid" .Values.replicas -}}true{{- else if gt (int64 .Values.replicas) 1 -}}true{{- end -}}
{{- end -}}

{{/*
Whether NACK shall look after a bucket or stream: (dict "root" $ "kind" "KeyValue" "wanted" <its values>). Where its kinds
are not served the install must not fail; a release that only foretells has nothing to create.
*/}}
{{- define "sync.hasNack" -}}
{{- if and .wanted.creation (not .root.Values.dryRun) (.root.Capabilities.APIVersions.Has (printf "jetstream.nats.io/v1beta2/%s" .kind)) -}}true{{- end -}}
{{- end -}}

{{/* metadata of such a resource. */}}
{{- define "sync.nackMetadata" -}}
name: {{ .wanted.name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "sync.labels" .root | nindent 2 }}
{{- if .wanted.keep }}
annotations:
  helm.sh/resource-policy: keep
{{- end }}
{{- end -}}
