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
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// InspectSchemaID identifies the format of the JSON that the command "inspect" writes.
const InspectSchemaID = "ghcr-publish/inspect/v1"

// Inspect describes an image. The command "inspect" prints this value as JSON, and the
// output "json" contains the value.
type Inspect struct {
	Schema        string `json:"schema"`
	Source        string `json:"source"`
	Kind          string `json:"kind"`                     // Kind is the transport prefix of the source.
	Image         string `json:"image,omitempty"`          // Image is the name of the repository. Image is empty if the source is a file or a directory.
	Index         string `json:"index,omitempty"`          // Index is the digest of the index from which the image was chosen.
	AnonymousPull string `json:"anonymous_pull,omitempty"` // AnonymousPull is "verified" or "refused". AnonymousPull is empty if the run tried no anonymous pull.
	inspect.View
	Referrers []inspect.Referrer `json:"referrers"`
	Notices   []Message          `json:"notices,omitempty"`

	platforms []Platform
}

// NewInspect returns a report about an image.
func NewInspect(source, kind string, root *image.Manifest, view *inspect.View) *Inspect {
	r := &Inspect{Schema: InspectSchemaID, Source: source, Kind: kind, View: *view, Referrers: []inspect.Referrer{}}
	for _, m := range image.Images(root) {
		r.platforms = append(r.platforms, platform(m))
	}
	return r
}

// Notice adds notices to the report.
func (r *Inspect) Notice(notices ...diag.Notice) {
	messages := &Report{}
	messages.Notice(notices...)
	r.Notices = append(r.Notices, messages.Notices...)
}

// maxJSON is the maximum size of the output "json", in bytes. GitHub accepts 1 MiB of
// outputs per job (docs.github.com, "Passing information between jobs").
const maxJSON = 512 << 10

// compact returns the value of the output "json". If the JSON is larger than maxJSON, the
// method "compact" omits the manifests and configs. The method JSON omits nothing,
// because the log has no size limit.
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

// Outputs returns the outputs of the step.
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

// Markdown returns the job summary.
func (r *Inspect) Markdown() markdown.Text {
	var b markdown.Builder
	b.Printf("## 🔍 %s\n\n", r.Source)
	if len(r.platforms) > 0 {
		b.Printf("%s\n", platformTable(r.platforms))
	}
	if n := len(r.Referrers); n > 0 {
		b.Printf("%s.\n\n", Count(n, "referrer"))
	}
	return b.Text()
}

// JSON returns the report as indented JSON.
func (r *Inspect) JSON() (string, error) { return printable(r) }

// printable returns a value as indented JSON. The function escapes control characters,
// because they could change the terminal. The function also escapes "##[", because the
// runner would execute a workflow command.
func printable(value any) (string, error) {
	data, err := json.MarshalIndent(value, "", "  ")
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

// Text returns the report as tables.
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
		digest = unknownDigest
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

// pairs writes annotations or labels, one per line.
func pairs(b *strings.Builder, title string, values map[string]string) {
	if len(values) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s\n", title)
	for n, key := range slices.Sorted(maps.Keys(values)) {
		if n == maxRows {
			fmt.Fprintf(b, "    … and %d more\n", len(values)-n)
			return
		}
		fmt.Fprintf(b, "    %s=%s\n", flat(key), flat(values[key]))
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

// sizeOf returns the size of an image as text. The function uses the
// uncompressed size of each layer that is not compressed yet.
func sizeOf(i inspect.Image) string {
	plain := int64(0)
	for _, l := range i.Layers {
		if l.Digest == "" {
			plain += l.PlainSize
		}
	}
	if plain > 0 {
		return Bytes(i.Size+plain) + " uncompressed"
	}
	return Bytes(i.Size)
}

// imageName returns the platform of an image manifest. If the manifest has no
// platform, imageName returns the purpose of the manifest.
func imageName(i inspect.Image) string {
	switch {
	case i.Attests != "":
		return "attestation of " + cut(strings.TrimPrefix(i.Attests, "sha256:"), 12)
	case i.Platform != nil && i.Platform.OS != "" && i.Platform.OS != "unknown":
		return image.PlatformTitle(image.PlatformString(i.Platform), i.Platform.OSVersion, i.Platform.OSFeatures)
	case i.ArtifactType != "":
		return i.ArtifactType
	}
	return "no platform"
}

// config holds the fields of an image config that the tables show (image-spec,
// "Image Configuration").
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

// configOf parses the config of an image. configOf returns an empty config for
// an artifact whose config has another format.
func configOf(i inspect.Image) config {
	var c config
	if i.Config == nil || json.Unmarshal(i.Config, &c) != nil {
		return config{}
	}
	return c
}

// single writes the config and the layers of an image. The function "single" is used if
// the report contains only one image.
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
			digest, size = "uncompressed "+l.DiffID, Bytes(l.PlainSize)+" uncompressed"
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

// maxValue is the maximum size of a value in a table, in bytes.
const maxValue = 400

// flat converts text from an image to one line of at most maxValue bytes.
func flat(s string) string { return cut(strings.Join(strings.Fields(s), " "), maxValue) }
