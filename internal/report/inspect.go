package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf16"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/inspect"
)

// InspectSchemaID names the form of the JSON of `inspect`.
const InspectSchemaID = "ghcr-publish/inspect/v1"

// Inspect is what `inspect` prints as JSON, and its `json` output.
type Inspect struct {
	Schema        string `json:"schema"`
	Source        string `json:"source"`
	Kind          string `json:"kind"`                     // the transport prefix of the source
	Image         string `json:"image,omitempty"`          // repository; empty for files
	Index         string `json:"index,omitempty"`          // digest of the index it was chosen from
	AnonymousPull string `json:"anonymous_pull,omitempty"` // verified, refused; empty where nobody asked
	inspect.View
	Referrers []inspect.Referrer `json:"referrers"`
	Notices   []Message          `json:"notices,omitempty"`

	platforms []Platform
}

// NewInspect makes the report of an image.
func NewInspect(source, kind string, root *image.Manifest, view *inspect.View) *Inspect {
	r := &Inspect{Schema: InspectSchemaID, Source: source, Kind: kind, View: *view, Referrers: []inspect.Referrer{}}
	for _, m := range image.Images(root) {
		r.platforms = append(r.platforms, platform(m))
	}
	return r
}

// Notice adds notices.
func (r *Inspect) Notice(notices ...diag.Notice) {
	told := &Report{}
	told.Notice(notices...)
	r.Notices = append(r.Notices, told.Notices...)
}

// maxJSON bounds the output json, in bytes: GitHub takes 1 MiB of outputs a
// job (docs.github.com, "Passing information between jobs").
const maxJSON = 512 << 10

// compact is the output json. Where manifests and configs make it too large
// for GitHub they are left out of it; the log can have them.
func (r *Inspect) compact() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil || len(data) <= maxJSON {
		return data, err
	}
	small := *r
	small.Manifest, small.Images = nil, slices.Clone(r.Images)
	for i := range small.Images {
		small.Images[i].Manifest, small.Images[i].Config = nil, nil
	}
	return json.Marshal(&small)
}

// Outputs lists the step's outputs.
func (r *Inspect) Outputs() ([]Output, error) {
	data, err := r.compact()
	if err != nil {
		return nil, err
	}
	known := &Report{Platforms: r.platforms, Images: []Image{{Complete: true}}}
	digests, err := known.digestOutputs()
	if err != nil {
		return nil, err
	}
	reference := ""
	if r.Image != "" {
		reference = r.Image + "@" + r.Digest
	}
	var names []string
	for _, p := range r.platforms {
		names = append(names, p.Platform)
	}
	out := []Output{
		{"digest", r.Digest},
		{"reference", reference},
		{"image", r.Image},
		{"platforms", strings.Join(names, "\n")},
		{"anonymous-pull", r.AnonymousPull},
		{"json", string(data)},
	}
	return append(out, digests...), nil
}

// Markdown is the job summary.
func (r *Inspect) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", text("🔍 "+r.Source))
	(&Report{Platforms: r.platforms, Images: []Image{{}}}).mdPlatforms(&b)
	if n := len(r.Referrers); n > 0 {
		fmt.Fprintf(&b, "%s.\n\n", Count(n, "referrer"))
	}
	return b.String()
}

// JSON is the image as an indented document, with escapes for whatever could
// draw on a terminal or be obeyed by the runner.
func (r *Inspect) JSON() (string, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range strings.ReplaceAll(string(data), "##[", `##\u005b`) {
		if c == '\n' || unicode.IsPrint(c) {
			b.WriteRune(c)
			continue
		}
		for _, unit := range utf16.Encode([]rune{c}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String() + "\n", nil
}

// Text is the image as tables.
func (r *Inspect) Text() string {
	var b strings.Builder
	fmt.Fprintln(&b, flat(r.Source))
	r.facts(&b)
	pairs(&b, "annotations", r.Annotations)
	r.images(&b)
	if len(r.Images) == 1 {
		single(&b, r.Images[0])
	}
	r.referrers(&b)
	for _, m := range r.Notices {
		fmt.Fprintf(&b, "%s: %s\n", m.Level, flat(m.Text))
	}
	return b.String()
}

func (r *Inspect) facts(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	defer w.Flush()
	digest := r.Digest
	if digest == "" {
		digest = "known after compression"
	}
	for _, f := range [][2]string{
		{"digest", digest}, {"chosen from the index", r.Index}, {"media type", r.MediaType}, {"artifact type", r.ArtifactType},
		{"refers to", r.Subject},
		{"size", fmt.Sprintf("%s in %s and %s, each counted once", Bytes(r.Size), Count(r.Manifests, "manifest"), Count(r.Blobs, "blob"))},
		{"anonymous pull", r.AnonymousPull},
	} {
		if f[1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", f[0], flat(f[1]))
		}
	}
}

func pairs(b *strings.Builder, title string, of map[string]string) {
	if len(of) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s\n", title)
	for n, key := range slices.Sorted(maps.Keys(of)) {
		if n == maxRows {
			fmt.Fprintf(b, "    … and %d more\n", len(of)-n)
			return
		}
		fmt.Fprintf(b, "    %s=%s\n", flat(key), flat(of[key]))
	}
}

func (r *Inspect) images(b *strings.Builder) {
	if len(r.Images) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "\nPLATFORM\tDIGEST\tSIZE\tLAYERS\tCREATED")
	for n, i := range r.Images {
		if n == maxRows {
			fmt.Fprintf(w, "… and %d more\n", len(r.Images)-n)
			return
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", flat(imageName(i)), i.Digest, sizeOf(i), len(i.Layers), flat(configOf(i).Created))
	}
}

// sizeOf is what is fetched, or, before compression, what there is.
func sizeOf(i inspect.Image) string {
	plain := int64(0)
	for _, l := range i.Layers {
		if l.Digest == "" {
			plain += l.PlainSize
		}
	}
	if plain > 0 {
		return Bytes(i.Size+plain) + " plain"
	}
	return Bytes(i.Size)
}

// imageName says what an image manifest is: where it runs, or what it is for.
func imageName(i inspect.Image) string {
	switch {
	case i.Attests != "":
		return "attestation of " + cut(strings.TrimPrefix(i.Attests, "sha256:"), 12)
	case i.Platform != nil && i.Platform.OS != "" && i.Platform.OS != "unknown":
		name := image.PlatformString(i.Platform)
		if i.Platform.OSVersion != "" {
			name += " " + i.Platform.OSVersion
		}
		return name
	case i.ArtifactType != "":
		return i.ArtifactType
	}
	return "no platform"
}

// config is the part of an image config that is shown (image-spec, "Image
// Configuration").
type config struct {
	Created string `json:"created"`
	Config  struct {
		User         string              `json:"User"`
		ExposedPorts map[string]struct{} `json:"ExposedPorts"`
		Env          []string            `json:"Env"`
		Entrypoint   []string            `json:"Entrypoint"`
		Cmd          []string            `json:"Cmd"`
		Volumes      map[string]struct{} `json:"Volumes"`
		WorkingDir   string              `json:"WorkingDir"`
		Labels       map[string]string   `json:"Labels"`
	} `json:"config"`
}

// configOf reads what it can: configs of artifacts are of other forms.
func configOf(i inspect.Image) config {
	var c config
	if i.Config == nil || json.Unmarshal(i.Config, &c) != nil {
		return config{}
	}
	return c
}

// single shows config and layers of the only image.
func single(b *strings.Builder, i inspect.Image) {
	c := configOf(i).Config
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	for n, f := range [][2]string{
		{"entrypoint", list(c.Entrypoint)}, {"command", list(c.Cmd)}, {"user", c.User}, {"working directory", c.WorkingDir},
		{"ports", list(slices.Sorted(maps.Keys(c.ExposedPorts)))}, {"volumes", list(slices.Sorted(maps.Keys(c.Volumes)))},
		{"environment", list(c.Env)},
	} {
		if n == 0 {
			fmt.Fprintln(w)
		}
		if f[1] != "" {
			fmt.Fprintf(w, "  %s\t%s\n", f[0], flat(f[1]))
		}
	}
	w.Flush()
	pairs(b, "labels", c.Labels)
	layers(b, i.Layers)
}

func layers(b *strings.Builder, all []inspect.Layer) {
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "\nLAYER\tSIZE\tMEDIA TYPE")
	for n, l := range all {
		if n == maxRows {
			fmt.Fprintf(w, "… and %d more\n", len(all)-n)
			return
		}
		digest, size := l.Digest, Bytes(l.Size)
		if digest == "" {
			digest, size = "plain "+l.DiffID, Bytes(l.PlainSize)+" plain"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", digest, size, flat(l.MediaType+strings.Repeat(", foreign", min(1, len(l.URLs)))))
	}
}

func (r *Inspect) referrers(b *strings.Builder) {
	if len(r.Referrers) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "\nREFERRER\tSIZE\tTYPE")
	for n, f := range r.Referrers {
		if n == maxRows {
			fmt.Fprintf(w, "… and %d more\n", len(r.Referrers)-n)
			return
		}
		kind := f.ArtifactType
		if kind == "" {
			kind = f.MediaType
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Digest, Bytes(f.Size), flat(kind))
	}
}

func list(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf("%q", values)
}

// maxValue bounds a value that a table shows, in bytes.
const maxValue = 400

// flat makes one line of what an image says of itself.
func flat(s string) string { return cut(strings.Join(strings.Fields(s), " "), maxValue) }
