package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// config has the fields of a config with the JSON types that clients require (image-spec,
// "Image Configuration"). Docker, containerd and podman refuse the complete config if one
// field has another JSON type. The fields that only Docker and podman read come from
// Docker's type Image.
type config struct {
	OS             string        `json:"os"`
	Architecture   string        `json:"architecture"`
	Variant        string        `json:"variant"`
	OSVersion      string        `json:"os.version"`
	OSFeatures     []string      `json:"os.features"`
	Created        timestamp     `json:"created"`
	Author         string        `json:"author"`
	RootFS         *rootFS       `json:"rootfs"`
	Config         *execution    `json:"config"`
	History        []historyStep `json:"history"`
	ID             string        `json:"id"`
	Parent         string        `json:"parent"`
	Comment        string        `json:"comment"`
	Container      string        `json:"container"`
	BuildContainer *execution    `json:"container_config"`
	DockerVersion  string        `json:"docker_version"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

// historyStep is an entry of the field "history".
type historyStep struct {
	Created    timestamp `json:"created"`
	CreatedBy  string    `json:"created_by"`
	Author     string    `json:"author"`
	Comment    string    `json:"comment"`
	EmptyLayer bool      `json:"empty_layer"`
}

// execution contains the parameters of a container (image-spec, "config"; Docker's type
// Config). The method "pairs" of the checker examines the values of the labels.
type execution struct {
	Hostname        string                     `json:"Hostname"`
	Domainname      string                     `json:"Domainname"`
	User            string                     `json:"User"`
	AttachStdin     bool                       `json:"AttachStdin"`
	AttachStdout    bool                       `json:"AttachStdout"`
	AttachStderr    bool                       `json:"AttachStderr"`
	ExposedPorts    map[string]struct{}        `json:"ExposedPorts"`
	TTY             bool                       `json:"Tty"`
	OpenStdin       bool                       `json:"OpenStdin"`
	StdinOnce       bool                       `json:"StdinOnce"`
	Env             []string                   `json:"Env"`
	Cmd             []string                   `json:"Cmd"`
	Healthcheck     *healthcheck               `json:"Healthcheck"`
	ArgsEscaped     bool                       `json:"ArgsEscaped"`
	Image           string                     `json:"Image"`
	Volumes         map[string]struct{}        `json:"Volumes"`
	WorkingDir      string                     `json:"WorkingDir"`
	Entrypoint      []string                   `json:"Entrypoint"`
	NetworkDisabled bool                       `json:"NetworkDisabled"`
	MacAddress      string                     `json:"MacAddress"`
	OnBuild         []string                   `json:"OnBuild"`
	Labels          map[string]json.RawMessage `json:"Labels"`
	StopSignal      string                     `json:"StopSignal"`
	StopTimeout     int                        `json:"StopTimeout"`
}

// healthcheck contains durations in nanoseconds.
type healthcheck struct {
	Test          []string `json:"Test"`
	Interval      int64    `json:"Interval"`
	Timeout       int64    `json:"Timeout"`
	StartPeriod   int64    `json:"StartPeriod"`
	StartInterval int64    `json:"StartInterval"`
	Retries       int      `json:"Retries"`
}

// timestamp accepts the times of RFC 3339, like the clients.
type timestamp struct{}

// UnmarshalJSON implements [json.Unmarshaler].
func (*timestamp) UnmarshalJSON(raw []byte) error {
	var t time.Time
	if json.Unmarshal(raw, &t) == nil {
		return nil
	}
	return &json.UnmarshalTypeError{Value: fmt.Sprintf("the value %.40s", raw), Type: reflect.TypeFor[time.Time]()}
}

// platform returns the platform in the config.
func (c *config) platform() v1.Platform {
	return v1.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant, OSVersion: c.OSVersion, OSFeatures: c.OSFeatures}
}

// mismatch describes the first value of a JSON document that has another type than
// clients require, as the rest of a sentence that begins with the document. For text that
// is not a JSON object, mismatch returns a general description.
func mismatch(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return "is not the JSON object of an image config"
	}
	return fmt.Sprintf("has %s in the field %.100q, in which clients require %s", jsonValue(wrong.Value), wrong.Field, jsonType(wrong.Type))
}

// jsonValue returns the words for a kind of value in the errors of package json.
func jsonValue(kind string) string {
	kind, _, number := strings.Cut(kind, "number")
	switch {
	case number:
		return "a number"
	case kind == "array":
		return "a list"
	case kind == "object":
		return "an object"
	case kind == "bool":
		return "true or false"
	case kind == "string":
		return "a string"
	}
	return kind
}

// jsonType returns the words for the JSON type of a field.
func jsonType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "a time of the form 2006-01-02T15:04:05Z"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "a whole number"
	}
	return "an object"
}
