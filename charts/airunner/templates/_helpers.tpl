{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}

{{/*
Name of the release, short enough for every suffix (`-server-environment` is the longest) within Kubernetes' 63
characters; a longer name is cut and keeps a hash, so that two that begin alike do not meet.
*/}}
{{- define "airunner.name" -}}
{{- if gt (len .Release.Name) 44 -}}
{{- printf "%s-%s" (.Release.Name | trunc 35 | trimSuffix "-" | trimSuffix ".") (.Release.Name | sha256sum | trunc 8) -}}
{{- else -}}
{{- .Release.Name -}}
{{- end -}}
{{- end -}}

{{- define "airunner.serverName" -}}
{{- printf "%s-server" (include "airunner.name" .) -}}
{{- end -}}

{{- define "airunner.workerName" -}}
{{- printf "%s-worker" (include "airunner.name" .) -}}
{{- end -}}

{{/* Takes (dict "root" $ "component" "server"). A Deployment's selector cannot change, so these never do. */}}
{{- define "airunner.selectorLabels" -}}
app.kubernetes.io/name: airunner
app.kubernetes.io/instance: {{ .root.Release.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "airunner.labels" -}}
app: airunner
{{ include "airunner.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") | trunc 63 | quote }}
{{- end -}}

{{- define "airunner.image" -}}
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
{{- define "airunner.text" -}}
{{- if kindIs "float64" . -}}
{{- if eq . (floor .) -}}{{- printf "%.0f" . -}}{{- else -}}{{- . -}}{{- end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* The part of `stringData` that a map of variables makes, over (dict "variables" … "over" …); empty values are left out. */}}
{{- define "airunner.stringData" -}}
{{- $environment := .over -}}
{{- range $name, $value := .variables -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $text := include "airunner.text" $value -}}
{{- if $text }}{{ $_ := set $environment $name $text }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $environment }}
{{ $name }}: {{ $value | quote }}
{{- end -}}
{{- end -}}

{{/* Which store the server uses, as far as the values say. */}}
{{- define "airunner.store" -}}
{{- .Values.env.AIRUNNER_STORE | default (ternary "sqlite" "memory" (not (empty .Values.env.AIRUNNER_DATA_DIR))) -}}
{{- end -}}

{{/* Volumes that are an emptyDir unless the values say otherwise: (dict "name" … "values" …). */}}
{{- define "airunner.volume" -}}
- name: {{ .name }}
  {{- if .values.volume }}
  {{- toYaml .values.volume | nindent 2 }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .values.sizeLimit }}
  {{- end }}
{{- end -}}

{{/* What all pods have in common: (dict "root" $ "values" .Values.server "component" "server"). */}}
{{- define "airunner.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ int64 .values.terminationGracePeriodSeconds }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- with .values.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "airunner.selectorLabels" . | nindent 8 }}
  {{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "airunner.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
