package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
)

// CodeChart means that Helm refuses the file Chart.yaml of a chart.
const CodeChart = "chart-invalid"

// chartFields has the fields of Chart.yaml with the types that Helm requires (helm,
// pkg/chart, type Metadata). Helm refuses the chart if one field has another type.
type chartFields struct {
	APIVersion   string            `json:"apiVersion"`
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	AppVersion   string            `json:"appVersion"`
	KubeVersion  string            `json:"kubeVersion"`
	Description  string            `json:"description"`
	Type         string            `json:"type"`
	Home         string            `json:"home"`
	Icon         string            `json:"icon"`
	Condition    string            `json:"condition"`
	Tags         string            `json:"tags"`
	Keywords     []string          `json:"keywords"`
	Sources      []string          `json:"sources"`
	Deprecated   bool              `json:"deprecated"`
	Annotations  map[string]string `json:"annotations"`
	Maintainers  []chartMaintainer `json:"maintainers"`
	Dependencies []chartDependency `json:"dependencies"`
}

type chartMaintainer struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	URL   string `json:"url"`
}

type chartDependency struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Repository string   `json:"repository"`
	Condition  string   `json:"condition"`
	Tags       []string `json:"tags"`
	Alias      string   `json:"alias"`
}

// chartVersion matches the versions that Helm accepts: Semantic Versioning, but with an
// optional "v" and with one to three numbers (Masterminds/semver, NewVersion).
var chartVersion = lazy.Regexp(`^v?\d{1,19}(?:\.\d{1,19}){0,2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$`)

// checkChart applies the rules of Helm to the content of Chart.yaml (helm, pkg/chart,
// Metadata.Validate). The commands helm package, helm show and helm install refuse a
// chart that violates a rule.
func checkChart(at string, metadata map[string]any) error {
	raw, err := json.Marshal(metadata)
	if err != nil {
		return notChart(at, err)
	}
	var m chartFields
	if err := json.Unmarshal(raw, &m); err != nil {
		return wrongType(at, metadata, err)
	}
	fault := func(hint, format string, args ...any) error {
		return contentError(CodeChart, hint+" Then run helm package again.", nil, "Chart.yaml in %q "+format, append([]any{at}, args...)...)
	}
	switch {
	case m.APIVersion == "":
		return fault("Add apiVersion: v2. Helm answers \"chart.metadata.apiVersion is required\".", "has no apiVersion")
	case m.Name == "":
		return fault("Add the name of the chart. Helm answers \"chart.metadata.name is required\".", "has no name")
	case strings.ContainsAny(m.Name, `/\`) || m.Name == "." || m.Name == ".." || strings.ContainsFunc(m.Name, unicode.IsControl):
		return fault("Write a name without slashes. Helm answers \"chart.metadata.name is invalid\".", "has the invalid name %.100q", m.Name)
	case m.Version == "":
		return fault("Add a version, such as version: 1.2.3. Helm answers \"chart.metadata.version is required\".", "has no version")
	case !chartVersion().MatchString(m.Version):
		return fault("Write a semantic version, such as 1.2.3. Helm answers \"chart.metadata.version is invalid\".", "has the version %.100q, which is not a semantic version", m.Version)
	case m.Type != "" && m.Type != "application" && m.Type != "library":
		return fault("Write type: application or type: library. Helm answers \"chart.metadata.type must be application or library\".", "has the invalid type %.100q", m.Type)
	}
	return nil
}

// wrongType explains a field with another type. In YAML, a value such as 1.16 without
// quotation marks is a number.
func wrongType(at string, metadata map[string]any, err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return notChart(at, err)
	}
	hint := "Correct the type of the field."
	var number string
	switch value := metadata[wrong.Field].(type) {
	case int:
		number = strconv.Itoa(value)
	case float64:
		number = strconv.FormatFloat(value, 'f', -1, 64)
	}
	if number != "" && wrong.Type.Kind().String() == "string" {
		hint = fmt.Sprintf("Write the value in quotation marks: %s: %q. In YAML, a value such as 1.0 without quotation marks is a number.", wrong.Field, number)
	}
	return contentError(CodeChart, hint+" Then run helm package again. Helm answers \"cannot unmarshal\".", nil,
		"Chart.yaml in %q has a value of the wrong type (%s) in the field %.100q", at, wrong.Value, wrong.Field)
}
