package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/ghcr-publish/ghcr-publish/internal/cmd/demo"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// tryRepository is whose workflow the trial plays.
const tryRepository = "octocat/hello"

func tryCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "try",
		Short: "Do the whole job on this machine, no account needed",
		Long: `try starts a ghcr.io inside this process, publishes a small image of two
platforms to it as a workflow would, and then comes back as a stranger: pulls
the image by its digest without credentials and checks every byte of it.`,
		Args: cobra.NoArgs,
	}
	source := c.Flags().String("source", "", "Try with this image instead of the built-in one.")
	asJSON := c.Flags().Bool("json", false, "Print the report as JSON on standard output, and nothing else there.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		t := &trial{process: p, source: *source, json: *asJSON}
		return t.run(c.Context())
	}
	return c
}

// trial is one run of try.
type trial struct {
	process Process
	source  string
	json    bool
}

// Trial is what `try --json` prints.
type Trial struct {
	*report.Report
	Stranger Stranger `json:"stranger"`
}

// Stranger is what somebody without an account got.
type Stranger struct {
	Verified  bool    `json:"verified"` // every byte of every blob was hashed
	Manifests int     `json:"manifests"`
	Blobs     int     `json:"blobs"`
	Bytes     int64   `json:"bytes"`
	Seconds   float64 `json:"seconds"`
}

func (t *trial) run(ctx context.Context) error {
	source, clean, err := t.image()
	if err != nil {
		return err
	}
	defer clean()
	server, err := ghcrtest.Listen(ctx, "127.0.0.1:0", ghcrtest.Config{Open: &ghcrtest.Open{}})
	if err != nil {
		return fmt.Errorf("starting the embedded ghcr.io: %w", err)
	}
	defer server.Close() // nothing is kept
	published, err := t.publish(ctx, server, source)
	if err != nil {
		return err
	}
	if t.source == "" {
		published.Source = "the built-in image"
	}
	stranger, err := pullAsStranger(ctx, published)
	if err != nil {
		return fmt.Errorf("pulling as a stranger: %w", err)
	}
	return t.print(published, stranger)
}

// image gives the path of what to publish; the built-in image is written to a
// temporary folder.
func (t *trial) image() (path string, clean func(), err error) {
	if t.source != "" {
		return t.source, func() {}, nil
	}
	if err := os.MkdirAll(os.TempDir(), 0o700); err != nil { // an image from scratch has none
		return "", nil, fmt.Errorf("making room for the built-in image: %w", err)
	}
	dir, err := os.MkdirTemp("", "ghcr-publish-try-")
	if err != nil {
		return "", nil, fmt.Errorf("making room for the built-in image: %w", err)
	}
	path = filepath.Join(dir, "hello.tar")
	return path, func() { _ = os.RemoveAll(dir) }, os.WriteFile(path, demo.Archive, 0o600) // a folder left in TMPDIR harms nobody
}

// publish runs the real publish in the environment of a workflow on main.
func (t *trial) publish(ctx context.Context, server *ghcrtest.Server, source string) (*report.Report, error) {
	env := map[string]string{
		"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main",
		"GITHUB_SHA": strings.Repeat("0", 40), "GITHUB_WORKFLOW": "try",
	}
	for _, pair := range server.Env(tryRepository) {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	inner := t.process
	inner.Getenv = func(key string) string { return env[key] }
	inner.Stdout = io.Discard
	config, err := input.ParsePublish(input.Environment{Getenv: inner.Getenv, Flag: func(n string) string {
		return map[string]string{"source": source}[n]
	}})
	if err != nil {
		return nil, err
	}
	published := newReport(config)
	err = within(ctx, inner, workflow.New(inner.Getenv, inner.Stdout), config, func(ctx context.Context, s *session, config *input.Config) error {
		outcome, err := s.pipeline().Publish(ctx, s.request(config))
		published.Fill(outcome, config.Visibility)
		s.addTransfer(published)
		return explainEnd(ctx, err)
	})
	return published, err
}

// pullAsStranger reads every byte of the image without credentials.
func pullAsStranger(ctx context.Context, r *report.Report) (Stranger, error) {
	ref, err := name.NewDigest(r.Images[0].Reference)
	if err != nil {
		return Stranger{}, err
	}
	digest, err := v1.NewHash(ref.DigestStr())
	if err != nil {
		return Stranger{}, err
	}
	client := registry.New(registry.Options{UserAgent: version.UserAgent()})
	defer client.Close()
	begin := time.Now()
	pulled, err := push.Pull(ctx, client, ref.Context(), digest, true)
	return Stranger{
		Verified: err == nil, Manifests: pulled.Manifests, Blobs: pulled.Blobs, Bytes: pulled.Bytes,
		Seconds: time.Since(begin).Round(time.Millisecond).Seconds(),
	}, err
}

func (t *trial) print(r *report.Report, s Stranger) error {
	if t.json {
		encoder := json.NewEncoder(t.process.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(Trial{r, s})
	}
	fmt.Fprintf(t.process.Stdout, `%s
As a stranger, without any account:
  anonymous pull: verified
  %d manifests and %d blobs read by digest, every byte of %s checked in %.2f s

That ghcr.io was inside this process, and is gone. For the real one, put this
after your build step, and give the job "packages: write":

      - uses: ghcr-publish/ghcr-publish@v1
        with:
          source: image.tar
`, r.Text(), s.Manifests, s.Blobs, report.Bytes(s.Bytes), s.Seconds)
	return nil
}
