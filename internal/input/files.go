package input

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Files is an image to be made of plain files.
type Files struct {
	Content []Content
	Base    name.Reference // nil for scratch
	// Entrypoint and Cmd are nil where the base's stay.
	Entrypoint, Cmd []string
	Env             []string // KEY=value
	User, Workdir   string   // "" where the base's stay
	Platforms       []v1.Platform
}

// fileInputs belong to content.
var fileInputs = []string{"base", "entrypoint", "cmd", "env", "user", "workdir", "platform"}

// files reads what is to be made of files; nil where content is not given.
func (r *reader) files(c *Config) *Files {
	lines := r.lines("content")
	if len(lines) == 0 {
		for _, in := range fileInputs {
			if r.text(in) != "" {
				r.fail(in, "content-missing", "Set content to the files of the image, or take "+in+" away.", "%s is given without content", in)
			}
		}
		return nil
	}
	r.eitherSource()
	f := &Files{
		Entrypoint: r.argv("entrypoint"), Cmd: r.argv("cmd"), Env: r.env(),
		User: r.text("user"), Workdir: r.workdir(), Platforms: r.platforms(),
	}
	f.Base = r.baseImage(&c.Common)
	for _, line := range lines {
		one, err := parseContent(line)
		if err != nil {
			r.fail("content", "content-invalid", "Write PATH:/PATH/IN/IMAGE, one a line: dist/{os}-{arch}/app:/usr/bin/app.", "The line %q of content cannot be read: %s", line, err)
		}
		f.Content = append(f.Content, one)
	}
	return f
}

// eitherSource makes sure that one thing alone says what is published.
func (r *reader) eitherSource() {
	if r.text("source") != "" {
		r.fail("content", "content-or-source", "Take one of them away: source is an image that exists, content makes one of files.", "source and content exclude each other")
	}
}

// baseImage parses the reference of the base; Docker Hub is what a bare name
// means there, as in a Dockerfile.
func (r *reader) baseImage(c *Common) name.Reference {
	text := strings.TrimPrefix(r.text("base"), referencePrefix)
	if text == "" || text == "scratch" {
		return nil
	}
	ref, err := name.ParseReference(text)
	if err != nil {
		r.fail("base", "reference-invalid", "Write HOST/NAME:TAG or HOST/NAME@sha256:…, or scratch for no base at all.", "base is %q, and that is no image reference", text)
		return nil
	}
	if repo := ref.Context(); c.AtHome(repo) && !strings.Contains(repo.RepositoryStr(), "/") {
		r.fail("base", "image-without-owner", "Write "+repo.RegistryStr()+"/OWNER/"+repo.RepositoryStr()+".", "base %q names no owner", text)
		return nil
	}
	return ref
}

// argv reads a command: JSON as in a Dockerfile, or an argument a line. One
// line with blanks may mean one argument or several, so it is refused.
func (r *reader) argv(name string) []string {
	text := r.text(name)
	if strings.HasPrefix(text, "[") {
		out := []string{}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			r.fail(name, "input-value", `Write a JSON list of strings: ["/app", "--port=80"]; or an argument a line.`, "%s is %q", name, text)
		}
		return out
	}
	lines := r.lines(name)
	if len(lines) == 1 && strings.ContainsAny(lines[0], " \t") {
		r.fail(name, "input-value", "Write an argument a line, or a JSON list of strings. There is no shell that would part them.", "%s is one line with blanks: %q", name, text)
	}
	return lines
}

func (r *reader) env() []string {
	lines := r.lines("env")
	for _, line := range lines {
		if key, _, ok := strings.Cut(line, "="); !ok || key == "" || strings.ContainsAny(key, " \t\x00") {
			// The value is not shown: it may be a secret, though it should not.
			r.fail("env", "input-value", "Write KEY=value, one a line.", "A line of env has no KEY=, but %q", key)
		}
	}
	return lines
}

func (r *reader) workdir() string {
	text := r.text("workdir")
	if text != "" && !path.IsAbs(text) {
		r.fail("workdir", "input-value", "Write an absolute path in the image: /srv.", "workdir is %q", text)
	}
	return text
}

// platforms reads several, separated by commas or blanks.
func (r *reader) platforms() []v1.Platform {
	var out []v1.Platform
	for _, text := range r.words("platform") {
		if p := r.onePlatform(text); p != nil {
			out = append(out, *p)
		}
	}
	return out
}
