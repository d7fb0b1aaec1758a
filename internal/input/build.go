package input

import (
	"encoding/csv"
	"regexp"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Build is an image that a builder is to make of a Dockerfile first.
type Build struct {
	Context string
	File    string // "" for Dockerfile in the context
	Target  string
	Builder string // "" for the current one
	Args    []string
	Secrets []BuildSecret
	// Platforms are as written: the builder knows them all.
	Platforms          []string
	CacheFrom, CacheTo []string
}

// BuildSecret is what a step of the Dockerfile may mount by its id.
type BuildSecret struct {
	ID    string
	Value secret.Secret
}

// buildInputs belong to context.
var buildInputs = []string{"target", "builder", "build-args", "secrets", "platforms", "cache-from", "cache-to"}

// build reads what is to be built; nil where neither context nor file is given.
func (r *reader) build(c *Config) *Build {
	b := &Build{
		Context: r.text("context"), File: r.text("file"), Target: r.text("target"), Builder: r.text("builder"),
		Args: r.buildArgs(), Secrets: r.buildSecrets(), Platforms: r.words("platforms"),
		CacheFrom: r.lines("cache-from"), CacheTo: r.lines("cache-to"),
	}
	for _, s := range b.Secrets {
		c.Hidden = append(c.Hidden, s.Value)
	}
	if b.Context == "" && b.File == "" {
		for _, in := range buildInputs {
			if r.text(in) != "" {
				r.fail(in, "context-missing", "Set context to the folder to build from, or take "+in+" away.", "%s is given, and there is nothing to build", in)
			}
		}
		return nil
	}
	for _, in := range []string{"source", "content"} {
		if r.text(in) != "" {
			r.fail("context", "context-or-source", "Take one of them away: context and file make an image of a Dockerfile.", "%s and context exclude each other", in)
		}
	}
	if b.Context == "" {
		b.Context = "."
	}
	return b
}

func (r *reader) buildArgs() []string {
	lines := r.lines("build-args")
	for _, line := range lines {
		if key, _, _ := strings.Cut(line, "="); key == "" || strings.ContainsAny(key, " \t\x00") {
			r.fail("build-args", "input-value", "Write NAME=value, one a line.", "A line of build-args has no NAME=, but %q", key)
		}
	}
	return lines
}

// secretID is what fits into a list of a builder's options.
var secretID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// buildSecrets reads ID=VALUE lines in docker/build-push-action's form: a line
// in double quotes may go over several. Values are not shown, nor are lines
// that have none.
func (r *reader) buildSecrets() []BuildSecret {
	in := csv.NewReader(strings.NewReader(r.text("secrets")))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	records, err := in.ReadAll()
	if err != nil {
		r.fail("secrets", "input-value", howSecrets, "secrets cannot be read: a quoted line has no end")
		return nil
	}
	var out []BuildSecret
	for i, fields := range records {
		id, value, _ := strings.Cut(strings.Join(fields, ","), "=")
		s := BuildSecret{ID: strings.TrimSpace(id), Value: secret.New(value)}
		switch {
		case !secretID.MatchString(s.ID):
			r.fail("secrets", "input-value", howSecrets, "Secret %d of secrets has no ID= before it, or one with other characters than letters, digits, dots, - and _", i+1)
		case s.Value.Empty():
			r.fail("secrets", "secret-empty", "Check that the secret exists and reaches this job (secrets do not reach runs from forks).", "The secret %q is empty", s.ID)
		default:
			out = append(out, s)
		}
	}
	return out
}

const howSecrets = `Write ID=value, one a line. A value of several lines goes between double quotes with its ID: "key=…".` //nolint:gosec // no secret, a form
