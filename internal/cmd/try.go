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
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/push"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// tryRepository is the repository of the simulated workflow.
const tryRepository = "octocat/hello"

func tryCommand(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "try",
		Short: "Publish a small image to a registry inside the program, without an account",
		Long: `try starts an embedded ghcr.io and publishes a small image with two platforms to
this registry, as a workflow does. An embedded Sigstore signs the provenance of the
image. try then pulls the image by its digest without credentials, verifies every
byte, and verifies the provenance.`,
		Args: atMost(),
	}
	c.Flags().SortFlags = false
	source := c.Flags().String("source", "", "Image to publish instead of the built-in image.")
	asJSON := c.Flags().Bool("json", false, "Print only the report, as JSON, on standard output.")
	c.RunE = func(c *cobra.Command, _ []string) error {
		t := &tryRun{process: p, source: *source, json: *asJSON}
		return t.run(c.Context())
	}
	return c
}

// tryRun is one run of the command "try".
type tryRun struct {
	process Process
	source  string
	json    bool
}

// tryReport is the output of try --json.
type tryReport struct {
	*report.Report
	AnonymousPull anonymousPull `json:"anonymous_pull"`
	// Provenance describes the provenance of the image, which was verified as the command
	// "verify" does.
	Provenance *report.Verify `json:"verified_provenance"`
}

// anonymousPull is the result of the pull without credentials.
type anonymousPull struct {
	Verified  bool    `json:"verified"` // Verified is true if every byte of every blob was verified.
	Manifests int     `json:"manifests"`
	Blobs     int     `json:"blobs"`
	Bytes     int64   `json:"bytes"`
	Seconds   float64 `json:"seconds"`
}

func (t *tryRun) run(ctx context.Context) error {
	t.phase("Starting an embedded ghcr.io…")
	source, clean, err := t.image()
	if err != nil {
		return err
	}
	defer clean()
	server, err := ghcrtest.Listen(ctx, "127.0.0.1:0", ghcrtest.Config{Open: &ghcrtest.Open{}})
	if err != nil {
		return fmt.Errorf("starting the embedded ghcr.io: %w", err)
	}
	defer server.Close() // An error of Close loses no data.
	signer, err := newTrySigner(server)
	if err != nil {
		return err
	}
	defer signer.close()
	t.phase("Publishing the image to the embedded ghcr.io, as a workflow does…")
	published, err := t.publish(ctx, server, signer, source)
	if err != nil {
		return err
	}
	if t.source == "" {
		published.Source = "the built-in image"
	}
	t.phase("Pulling the image without credentials, and verifying every byte…")
	pulled, err := pullAnonymously(ctx, published)
	if err != nil {
		return fmt.Errorf("pulling without credentials: %w", err)
	}
	t.phase("Verifying the provenance without credentials…")
	provenance, err := signer.verify(ctx, published)
	if err != nil {
		return fmt.Errorf("verifying the provenance: %w", err)
	}
	signer.describe(published)
	return t.print(tryReport{published, pulled, provenance})
}

// phase prints one line to standard error, so that standard output contains only the
// result.
func (t *tryRun) phase(line string) {
	if !t.json {
		fmt.Fprintln(t.process.Stderr, line)
	}
}

// withoutPull removes the docker pull commands from a report, because the embedded
// registry has ended when the user reads the report.
func withoutPull(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "docker pull ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// image returns the path of the image to publish. If no source is set, image writes
// the built-in image to a temporary folder. The function "clean" removes this folder.
func (t *tryRun) image() (path string, clean func(), err error) {
	if t.source != "" {
		return t.source, func() {}, nil
	}
	// A container that is built from scratch has no folder for temporary files.
	if err := os.MkdirAll(os.TempDir(), 0o700); err != nil {
		return "", nil, fmt.Errorf("creating a folder for the built-in image: %w", err)
	}
	dir, err := os.MkdirTemp("", "ghcr-publish-try-")
	if err != nil {
		return "", nil, fmt.Errorf("creating a folder for the built-in image: %w", err)
	}
	path = filepath.Join(dir, "hello.tar")
	// If the temporary folder cannot be removed, the run does not fail.
	return path, func() { _ = os.RemoveAll(dir) }, os.WriteFile(path, demo.Archive, 0o600)
}

// publish runs the pipeline in the environment of a workflow for the branch main.
func (t *tryRun) publish(ctx context.Context, server *ghcrtest.Server, signer *trySigner, source string) (*report.Report, error) {
	env := map[string]string{
		"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main",
		"GITHUB_SHA": strings.Repeat("0", 40), "GITHUB_WORKFLOW": "try",
	}
	for _, pair := range append(server.Env(tryRepository), signer.env...) {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	inner := t.process
	inner.Getenv = func(key string) string { return env[key] }
	inner.Stdout = io.Discard
	config, err := input.ParsePublish(input.Environment{Getenv: inner.Getenv, Flag: func(n string) string {
		return map[string]string{"source": source, "attest": string(input.AttestTrue), "sigstore": signer.folder}[n]
	}})
	if err != nil {
		return nil, err
	}
	published := newReport(config)
	err = within(ctx, inner, workflow.New(inner.Getenv, inner.Stdout), config, func(ctx context.Context, s *session, config *input.Config) error {
		outcome, err := s.pipeline().Publish(ctx, s.request(config))
		published.Fill([]*publish.Outcome{outcome}, config.Visibility)
		s.addTransfer(published)
		return explainEnd(ctx, err)
	})
	return published, err
}

// pullAnonymously reads every byte of the image without credentials.
func pullAnonymously(ctx context.Context, r *report.Report) (anonymousPull, error) {
	ref, err := name.NewDigest(r.Images[0].Reference)
	if err != nil {
		return anonymousPull{}, err
	}
	digest, err := v1.NewHash(ref.DigestStr())
	if err != nil {
		return anonymousPull{}, err
	}
	client := registry.New(registry.Options{UserAgent: version.UserAgent()})
	defer client.Close()
	begin := time.Now()
	pulled, err := push.Pull(ctx, client, ref.Context(), digest, true)
	return anonymousPull{
		Verified: err == nil, Manifests: pulled.Manifests, Blobs: pulled.Blobs, Bytes: pulled.Bytes,
		Seconds: time.Since(begin).Round(time.Millisecond).Seconds(),
	}, err
}

func (t *tryRun) print(r tryReport) error {
	if t.json {
		encoder := json.NewEncoder(t.process.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	p := r.AnonymousPull
	fmt.Fprintf(t.process.Stdout, `%s
Pull without credentials:
  verified: %d manifests and %d blobs, every byte of %s in %.2f s

Provenance without credentials:
  verified: signed by %s
  from the commit %s of %s

This ghcr.io ran inside the program and has ended. To publish to the real ghcr.io, add
this step after your build step, and give the job the permission packages: write. With
the permission id-token: write, the step also signs the provenance:

      - uses: ghcr-publish/ghcr-publish@v1
        with:
          source: image.tar
`, withoutPull(r.Text()), p.Manifests, p.Blobs, report.Bytes(p.Bytes), p.Seconds, r.Provenance.Signer, r.Provenance.Commit, r.Provenance.Repository)
	return nil
}
