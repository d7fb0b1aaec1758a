package input

import (
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/lazy"
	"github.com/ghcr-publish/ghcr-publish/internal/secret"
)

// Build is an image that a builder makes from a Dockerfile before the push.
type Build struct {
	Context string
	File    string // "" means the file Dockerfile in the context
	Target  string
	Builder string // "" means the current builder
	Args    []string
	Secrets []BuildSecret
	// Platforms are not parsed, because the builders accept different platforms.
	Platforms          []string
	CacheFrom, CacheTo []string
}

// BuildSecret is a secret that a step of the Dockerfile can mount by its id.
type BuildSecret struct {
	ID    string
	Value secret.Secret
}

// buildInputs are the inputs that need the input "context" or the input "file".
var buildInputs = []string{"target", "builder", "build-args", "secrets", "platforms", "cache-from", "cache-to"}

// build reads the inputs of a build. build returns nil if the inputs "context" and "file"
// are empty.
func (r *reader) build(c *Config) *Build {
	b := r.buildOptions(&c.Common)
	b.Context, b.File = r.text("context"), r.text("file")
	if b.Context == "" && b.File == "" {
		r.refuseBuildInputs()
		return nil
	}
	b.Platforms = r.platformNames("platforms")
	c.noticePlatforms("platforms", b.Platforms)
	r.refuseSourceWithBuild()
	if b.Context == "" {
		b.Context = "."
	}
	return b
}

// buildOptions reads the inputs of a build, except the context, the Dockerfile and the
// platforms.
func (r *reader) buildOptions(c *Common) *Build {
	b := &Build{
		Target: r.text("target"), Builder: r.text("builder"), Args: r.buildArgs(c), Secrets: r.buildSecrets(),
		CacheFrom: r.caches("cache-from"), CacheTo: r.caches("cache-to"),
	}
	for _, s := range b.Secrets {
		c.Hidden = append(c.Hidden, s.Value)
	}
	return b
}

// refuseBuildInputs refuses the inputs of a build if the run builds nothing.
func (r *reader) refuseBuildInputs() {
	for _, in := range buildInputs {
		if r.text(in) != "" && !r.selectsPlatforms(in) {
			r.fail(in, CodeContextMissing, r.withoutContextHint(in), "The input %s is set without the input context", in)
		}
	}
}

// selectsPlatforms reports whether an input selects platforms of an existing image.
func (r *reader) selectsPlatforms(in string) bool {
	return in == "platforms" && r.text("source") != "" && r.text("content") == ""
}

// withoutContextHint returns the hint for an input of a build if neither the input
// "context" nor the input "file" is set.
func (r *reader) withoutContextHint(in string) string {
	switch {
	case r.hasSources():
		return "Remove the input " + in + ", because the input sources names images that are already built. To build an image, write NAME=context:FOLDER in the input sources."
	case in == "platforms" && r.text("content") != "":
		return "Write the input platform instead of the input platforms, because an image from the input content has the platforms in the input platform."
	case r.text("source") != "":
		return "Remove the input " + in + ", because the input source names an image that is already built. To build an image, replace the input source by the input context."
	}
	return "Set the input context to the folder to build from, or remove the input " + in + "."
}

// refuseSourceWithBuild refuses the inputs "source" and "content" if the input
// "context" or the input "file" is set, because only one input can define the image.
func (r *reader) refuseSourceWithBuild() {
	build := "context"
	if r.text(build) == "" {
		build = "file"
	}
	for _, in := range []string{"source", "content"} {
		if r.text(in) != "" {
			r.fail(build, CodeContextOrSource, "Remove one of the two inputs. The input "+in+" "+purpose[in]+", and the inputs context and file select a Dockerfile to build.", "The inputs %s and %s exclude each other", in, build)
		}
	}
}

// purpose describes the inputs that define an image without a build.
var purpose = map[string]string{"source": "names an existing image", "content": "creates an image from files"}

func (r *reader) buildArgs(c *Common) []string {
	lines := r.lines("build-args")
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		c.noticeFolded("build-args", key, value)
		switch {
		case key == "":
			r.fail("build-args", CodeValue, "Write NAME=value, one per line.", "A line of the input build-args has no name before the equals sign")
		case strings.ContainsAny(key, " \t\x00:"):
			r.fail("build-args", CodeValue, "Write NAME=value with an equals sign, one per line.", "A line of the input build-args starts with %q, which is not a name", key)
		}
	}
	return lines
}

// folded matches the start of an entry inside the value of the previous entry.
var folded = lazy.Regexp(`([ ,;]+)([A-Za-z_][A-Za-z0-9_]*)=`)

// noticeFolded adds a notice if the value of one line contains the start of another
// entry. The notice does not contain the value, because a value can be a secret.
func (c *Common) noticeFolded(in, key, value string) {
	found := folded().FindStringSubmatch(value)
	if found == nil || strings.ContainsAny(value[:1], `"'`) {
		return
	}
	c.Notices = append(c.Notices, diag.Notice{
		Code: CodeFolded, Level: diag.Info,
		Title: fmt.Sprintf("The value of %s in the input %s contains %q", key, in, found[1]+found[2]+"="),
		Text:  "If " + found[2] + " is another key, write it on a separate line. Commas, semicolons and blanks do not separate the entries of this input.",
	})
}

// secretID matches the ids that can be part of an option of a builder.
var secretID = lazy.Regexp(`^[A-Za-z0-9_.-]{1,128}$`)

// buildSecrets parses ID=VALUE lines in the form of docker/build-push-action. An entry
// in double quotes can have several lines. Errors do not contain values. Errors also do
// not contain a line without an id, because this line can be a part of a secret.
func (r *reader) buildSecrets() []BuildSecret {
	in := csv.NewReader(strings.NewReader(r.text("secrets")))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	records, err := in.ReadAll()
	if err != nil {
		r.fail("secrets", CodeValue, hintSecrets, "The input secrets contains a double quote without a closing double quote")
		return nil
	}
	var out []BuildSecret
	for i, fields := range records {
		id, value, _ := strings.Cut(strings.Join(fields, ","), "=")
		s := BuildSecret{ID: strings.TrimSpace(id), Value: secret.New(value)}
		switch {
		case isSecretOption(strings.Join(fields, ",")):
			r.fail("secrets", CodeValue, hintSecretOption, "Entry %d of the input secrets has the form of the option --secret of docker build, which names a file or a variable instead of the value", i+1)
		case !secretID().MatchString(s.ID):
			r.fail("secrets", CodeValue, hintSecrets, "Entry %d of the input secrets has no ID, or its ID contains characters other than letters, digits, dots, - and _", i+1)
		case s.Value.Empty():
			r.failEmptySecret(i+1, strings.Contains(strings.Join(fields, ","), "="))
		default:
			out = append(out, s)
		}
	}
	return out
}

// secretOption matches one field of the option --secret of docker build.
var secretOption = lazy.Regexp(`^\s*(id|src|source|env|type|target|required|mode|uid|gid)=`)

// isSecretOption reports whether an entry has the form of the option --secret of docker
// build: id=ID with src=FILE or env=NAME.
func isSecretOption(entry string) bool {
	seen := map[string]bool{}
	for field := range strings.SplitSeq(entry, ",") {
		m := secretOption().FindStringSubmatch(field)
		if m == nil {
			return false
		}
		seen[m[1]] = true
	}
	return seen["id"] && len(seen) > 1
}

const hintSecretOption = "Write the value of the secret after its id, as in ID=${{ secrets.NAME }}. ID is the id in the line RUN --mount=type=secret of the Dockerfile."

// failEmptySecret reports an entry without a value. The message contains no part of the
// entry. If a user forgets the quotes around a value with several lines, each line of
// the secret looks like an entry.
func (r *reader) failEmptySecret(entry int, assigned bool) {
	if !assigned {
		r.fail("secrets", CodeValue, hintSecrets, "Entry %d of the input secrets contains no equals sign, so it has no value", entry)
		return
	}
	r.fail("secrets", CodeSecretEmpty, "Check that the secret exists and that this job gets the secret. Runs from forks get no secrets.", "The value of entry %d of the input secrets is empty", entry)
}

const hintSecrets = `Write ID=value, one per line. Put an entry with several lines in double quotes: "key=…".` //nolint:gosec // a form, not a secret
