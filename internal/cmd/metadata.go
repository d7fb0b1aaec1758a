package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/meta"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/naming"
	"github.com/ghcr-publish/ghcr-publish/internal/report"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

var metadataCommand = &command{
	name: input.Metadata, run: execute(input.ParseMetadata, runMetadata),
	short: "Compute version, tags, labels and annotations, as docker/metadata-action does",
	example: `  ghcr-publish metadata --tags 'type=semver,pattern={{version}}' --version 1.2.3
  ghcr-publish metadata --images ghcr.io/acme/web --tags type=sha --explain`,
}

// runMetadata computes names and sets them as outputs. The command "metadata" writes
// nothing to a registry.
func runMetadata(ctx context.Context, s *session, config *input.MetadataConfig) error {
	namer := s.namer()
	namer.FromGit = config.FromGit
	result, err := namer.Compute(ctx, naming.Request{Rules: config.Naming, Images: config.Images, Labelled: true, Registry: naming.NoRegistry{}})
	if err != nil {
		s.announce()
		return explainEnd(ctx, err)
	}
	return s.metadata(result, config)
}

// namer returns the [naming.Namer] of a run.
func (s *session) namer() *naming.Namer {
	return &naming.Namer{GitHub: s.packages, Run: s.config.GitHub, Variables: naming.ReadVariables(s.process.Getenv)}
}

// metadata sets the outputs, and the environment variables DOCKER_METADATA_OUTPUT_…
// with the same values.
func (s *session) metadata(result meta.Result, c *input.MetadataConfig) error {
	variables, err := s.setsVariables()
	if err != nil {
		return err
	}
	format := meta.OutputFormat{
		SepTags: c.SepTags, SepLabels: c.SepLabels, SepAnnotations: c.SepAnnotations, BakeTarget: c.BakeTarget,
	}
	outputs := result.Outputs(format)
	if s.workflow.Active() {
		files, err := writeBakeFiles(s.process.Getenv("RUNNER_TEMP"), result.BakeFiles(format))
		if err != nil {
			return err
		}
		outputs = append(outputs, files...)
	}
	for _, o := range outputs {
		if err := s.workflow.Output(o.Name, o.Value); err != nil {
			return err
		}
		if !variables {
			continue
		}
		if err := s.workflow.Env(meta.EnvName(o.Name), o.Value); err != nil {
			return err
		}
	}
	result.Warnings = metadataNotices(result, c)
	s.showMetadata(result, c)
	for _, n := range result.Warnings {
		s.workflow.Annotate(n.Level, n.Title, n.Text)
	}
	s.writeSummary(report.MetadataSummary(result.Version, result.Refs(), explainRules(result)))
	return nil
}

// setsVariables reads DOCKER_METADATA_SET_OUTPUT_ENV. The variable can have each value
// that docker/metadata-action accepts. The function strconv.ParseBool accepts the same
// values.
func (s *session) setsVariables() (bool, error) {
	const name = "DOCKER_METADATA_SET_OUTPUT_ENV"
	text := s.process.Getenv(name)
	if text == "" {
		return true, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, diag.New(codeSetOutputEnv, diag.Input, "Set the variable to true or false.", nil, "The environment variable %s has the invalid value %q", name, text)
	}
	return on, nil
}

func (s *session) showMetadata(result meta.Result, c *input.MetadataConfig) {
	s.say("version: %s", result.Version)
	for _, ref := range result.Refs() {
		s.say("tag: %s", ref)
	}
	for _, l := range result.Labels {
		s.say("label: %s=%s", l.Key, l.Value)
	}
	for _, a := range result.Annotations {
		s.say("annotation: %s=%s", a.Key, a.Value)
	}
	if c.Explain {
		for _, line := range explainRules(result) {
			s.say("rule: %s", s.words(line))
		}
	}
	if !s.workflow.Active() {
		for _, n := range result.Warnings {
			fmt.Fprintln(s.process.Stdout, workflow.Lines(string(n.Level)+": "+s.words(n.Text)))
		}
	}
}

// writeBakeFiles writes the definition files for docker buildx bake into a
// new folder below the temporary folder of the runner.
func writeBakeFiles(temp string, files []meta.BakeFile) ([]meta.Output, error) {
	dir, err := os.MkdirTemp(temp, "ghcr-publish-metadata-")
	if err != nil {
		return nil, fmt.Errorf("creating a folder for the bake files: %w", err)
	}
	outputs := make([]meta.Output, len(files))
	for i, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.WriteFile(path, []byte(f.Content), 0o600); err != nil {
			return nil, fmt.Errorf("writing a bake file: %w", err)
		}
		outputs[i] = meta.Output{Name: f.Output, Value: path}
	}
	return outputs, nil
}
