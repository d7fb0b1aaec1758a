package input

import (
	"encoding/json"
	"os"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Files describes an image that the program creates from files.
type Files struct {
	Content []Content
	Base    name.Reference // nil means scratch
	// If Entrypoint or Cmd is nil, the image keeps the value of the base image.
	Entrypoint, Cmd []string
	Env             []string // KEY=value
	User, Workdir   string   // "" keeps the value of the base image
	Platforms       []v1.Platform
}

// fileInputs are the names of the inputs that need the input "content".
var fileInputs = []string{"base", "entrypoint", "cmd", "env", "user", "workdir", "platform"}

// files reads the inputs of an image from files. files returns nil if the input "content"
// is empty.
func (r *reader) files(c *Config) *Files {
	lines := r.lines("content")
	if len(lines) == 0 {
		for _, in := range fileInputs {
			if r.text(in) != "" {
				r.fail(in, CodeContentMissing, r.withoutContentHint(in), "The input %s is set without the input content", in)
			}
		}
		return nil
	}
	r.refuseSourceWithContent()
	f := &Files{
		Entrypoint: r.argv("entrypoint"), Cmd: r.argv("cmd"), Env: r.env(),
		User: r.user(), Workdir: r.workdir(), Platforms: r.platforms("platform"),
	}
	for _, p := range f.Platforms {
		c.noticePlatforms("platform", []string{p.String()})
	}
	f.Base = r.baseImage(&c.Common)
	for _, line := range lines {
		if entries := contentEntries(line); len(entries) > 1 {
			r.fail("content", CodeContentInvalid, r.oneEntryPerLine("content", entries), "The input content contains several entries in one line")
			continue
		}
		if right := rightPlaceholders(line); right != line {
			r.fail("content", CodeContentInvalid, "Write "+right+". The run replaces {platform}, {os}, {arch} and {variant}.", "The line %q of the input content has a placeholder in another form", line)
			continue
		}
		one, err := parseContent(line)
		if err != nil {
			r.fail("content", CodeContentInvalid, "Write PATH:/PATH/IN/IMAGE, one per line: dist/{platform}/app:/usr/bin/app.", "The line %q of the input content is not valid: %s", line, err)
		}
		f.Content = append(f.Content, one)
	}
	return f
}

// contentEntries splits a line at commas, semicolons and blanks. contentEntries returns
// nil if a part is not PATH:/PATH/IN/IMAGE, or if the line names an existing file.
func contentEntries(line string) []string {
	if at := strings.LastIndex(line, ":/"); at > 0 {
		if _, err := os.Lstat(line[:at]); err == nil {
			return nil
		}
	}
	entries := strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(",; \t", c) })
	for _, entry := range entries {
		if strings.Index(entry, ":/") < 1 {
			return nil
		}
	}
	return entries
}

// withoutContentHint returns the hint for an input of an image from files if the input
// "content" is empty.
func (r *reader) withoutContentHint(in string) string {
	build := r.text("context") != "" || r.text("file") != ""
	switch {
	case in == "platform" && build:
		return "Write the input platforms instead of the input platform, because a build reads its platforms from the input platforms."
	case in == "platform" && r.text("source") != "":
		return "Write the input platforms instead of the input platform, to publish only these platforms of an existing image."
	case build:
		return "Remove the input " + in + ", and set it in the Dockerfile."
	case r.text("source") != "":
		return "Remove the input " + in + ", because the input source names an image that is already built. To create an image from files, replace the input source by the input content."
	}
	return "Set the input content to the files of the image, or remove the input " + in + "."
}

// refuseSourceWithContent refuses the input "source" if the input "content" is set,
// because only one of the two inputs can define the image.
func (r *reader) refuseSourceWithContent() {
	if r.text("source") != "" {
		r.fail("content", CodeContentOrSource, "Remove one of the two inputs. The input source names an existing image, and the input content creates an image from files.", "The inputs source and content exclude each other")
	}
}

// baseImage parses the reference of the base image. A name without a host means an
// image on Docker Hub, as in a Dockerfile.
func (r *reader) baseImage(c *Common) name.Reference {
	text := strings.TrimPrefix(r.text("base"), referencePrefix)
	if text == "" || text == "scratch" {
		return nil
	}
	return r.hubReference("base", text, c)
}

// argv parses the arguments of a program: a JSON list as in a Dockerfile, or one
// argument per line. argv refuses a single line with spaces, because such a line can
// mean one argument or several arguments.
func (r *reader) argv(name string) []string {
	text := r.text(name)
	if strings.HasPrefix(text, "[") {
		out := []string{}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			r.fail(name, CodeValue, `Write a JSON list of strings, such as ["/app", "--port=80"], or one argument per line.`, "The input %s has the invalid value %q", name, text)
		}
		return out
	}
	lines := r.lines(name)
	if len(lines) == 1 && strings.ContainsAny(lines[0], " \t") {
		r.fail(name, CodeValue, "Write one argument per line, or a JSON list of strings, because no shell splits the line.", "The input %s is one line with spaces: %q", name, text)
	}
	return lines
}

func (r *reader) env() []string {
	lines := r.lines("env")
	for _, line := range lines {
		if key, _, ok := strings.Cut(line, "="); !ok || key == "" || strings.ContainsAny(key, " \t\x00") {
			// The error does not contain the value of the variable, because the value
			// can be a secret.
			hint, subject := "Write KEY=value, one per line.", "%q, which is not KEY=value"
			if name, _, colon := strings.Cut(key, ": "); colon {
				hint, key, subject = "Write "+name+"=VALUE with an equals sign, one per line.", name+": ", "%q, which has a colon and not an equals sign"
			}
			r.fail("env", CodeValue, hint, "A line of the input env starts with "+subject, key)
		}
	}
	return lines
}

// user returns the user of the image. No runtime finds a user whose name has a blank.
func (r *reader) user() string {
	text := r.text("user")
	if strings.ContainsAny(text, " \t\n") {
		r.fail("user", CodeValue, "Write a name or a number, optionally with a group: 1000:1000.", "The input user has the invalid value %q", text)
	}
	return text
}

func (r *reader) workdir() string {
	text := r.text("workdir")
	if text != "" && !path.IsAbs(text) {
		r.fail("workdir", CodeValue, "Write an absolute path in the image, such as /srv.", "The input workdir has the invalid value %q", text)
	}
	return text
}
