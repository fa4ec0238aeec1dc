{{- define "danube.name" -}}danube-webhook{{- end -}}
{{- define "danube.labels" -}}
app.kubernetes.io/name: danube-webhook
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
{{- define "danube.selector" -}}
app.kubernetes.io/name: danube-webhook
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
{{- define "danube.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}{{ with .Values.image.tag }}:{{ . }}{{ end }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{/* Whether the pods talk to the API server. */}}
{{- define "danube.usesApi" -}}
{{- if or .Values.config.customResources .Values.config.background.enabled .Values.config.pullSecrets -}}true{{- end -}}
{{- end -}}
{{- define "danube.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end -}}
{{- define "danube.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end -}}
{{/* Never asked about: what has to run so that the webhook can. A list, as JSON. */}}
{{- define "danube.exemptNamespaces" -}}
{{- concat (list "kube-system" "kube-node-lease" "kube-public" .Release.Namespace) .Values.webhooks.exemptNamespaces | toJson -}}
{{- end -}}
{{- define "danube.namespaceSelector" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values:
      {{- range include "danube.exemptNamespaces" . | fromJsonArray }}
      - {{ . }}
      {{- end }}
{{- end -}}
{{- define "danube.clientConfig" -}}
service:
  namespace: {{ .root.Release.Namespace }}
  name: {{ include "danube.name" .root }}
  path: {{ .path }}
  port: 443
{{- with .root.Values.webhooks.caBundle }}
caBundle: {{ . | b64enc }}
{{- end }}
{{- end -}}
{{/* Nodes report the pods that they start from their own disk; refusing that would only hide them. */}}
{{- define "danube.matchConditions" -}}
- name: not-by-nodes
  expression: '!("system:nodes" in request.userInfo.groups)'
- name: specification-changes
  expression: 'request.operation != "UPDATE" || !has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec'
{{- end -}}
