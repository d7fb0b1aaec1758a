package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/attest"
	"github.com/ghcr-publish/ghcr-publish/internal/attest/proof"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest/sigstore"
	"github.com/ghcr-publish/ghcr-publish/internal/registry"
	"github.com/ghcr-publish/ghcr-publish/internal/release/version"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
)

// trySigner is the embedded Sigstore of the command "try".
type trySigner struct {
	folder string   // the files of Sigstore
	env    []string // the variables with which the simulated job gets its identity token
}

func newTrySigner(server *ghcrtest.Server) (*trySigner, error) {
	services, err := server.Sigstore()
	if err != nil {
		return nil, fmt.Errorf("starting the embedded Sigstore: %w", err)
	}
	s := &trySigner{}
	if s.env, err = server.IdentityEnv(tryRepository); err != nil {
		return nil, fmt.Errorf("starting the embedded Sigstore: %w", err)
	}
	if s.folder, err = os.MkdirTemp("", "ghcr-publish-try-"); err != nil {
		return nil, fmt.Errorf("creating a folder for the keys of the embedded Sigstore: %w", err)
	}
	return s, services.WriteFiles(s.folder, server.URL())
}

// close removes the files. If the folder cannot be removed, the run does not fail.
func (s *trySigner) close() { _ = os.RemoveAll(s.folder) }

// verify reads the attestations of the image without credentials, and verifies the
// provenance as the command "verify" does.
func (s *trySigner) verify(ctx context.Context, r *report.Report) (*report.Verify, error) {
	ref, err := name.NewDigest(r.Images[0].Reference)
	if err != nil {
		return nil, err
	}
	digest, err := v1.NewHash(ref.DigestStr())
	if err != nil {
		return nil, err
	}
	client := registry.New(registry.Options{UserAgent: version.UserAgent()})
	defer client.Close()
	of := proof.Image{Client: client, Repository: ref.Context(), Digest: digest, More: proof.NoStore{}}
	got, err := proof.Find(ctx, of, &attest.Requirement{Policy: attest.Policy{Repo: tryRepository}, Roots: filepath.Join(s.folder, sigstore.RootFile)})
	if err != nil {
		return nil, err
	}
	return report.NewVerify(of.String(), digest.String(), got.Bundle, got.Result), nil
}

// describe removes the folder of the keys from the report, because the folder does not
// exist any more when the user reads the report.
func (s *trySigner) describe(r *report.Report) {
	r.Attestation.Sigstore = "embedded"
	for i := range r.Attestation.List {
		r.Attestation.List[i].Verify = []string{}
	}
}
