package cmd

import (
	"io"

	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/dockerfile"
	"github.com/ghcr-publish/ghcr-publish/internal/source/files"
	"github.com/ghcr-publish/ghcr-publish/internal/source/storage"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// source returns the source that the inputs describe.
func (s *session) source(config *input.Config) publish.Source {
	switch {
	case config.Build != nil:
		return &publish.BuildSource{
			Request: buildRequest(config.Build), Environ: s.process.environ(),
			Temp: s.process.Getenv("RUNNER_TEMP"), Log: programLog{s, "Build"},
			Options: source.Options{Exporters: s.exporters()}, Annotations: config.Annotations, Strip: config.Strip,
		}
	case config.Artifact != nil:
		return publish.ArtifactSource{Options: files.ArtifactOptions{
			Name: config.Source, Artifact: config.Artifact, Remote: s.registry,
		}}
	case config.Files != nil:
		return publish.FilesSource{
			Epoch: s.process.Getenv("SOURCE_DATE_EPOCH"),
			Options: files.Options{
				Name: config.Source, Files: config.Files, Remote: s.registry, Compression: config.Compression,
			},
		}
	}
	return publish.NamedSource{Name: config.Source, Options: source.Options{
		Remote: s.registry, Exporters: s.exporters(), SkipPlatform: config.Verify == input.VerifyNone && len(config.Platforms) == 0,
		Sparse: true, Stdin: s.process.Stdin, Temp: s.process.Getenv("RUNNER_TEMP"),
	}}
}

// gate returns the check of the image before the tags move.
func (s *session) gate(config *input.Config) publish.Gate {
	if config.Gate == "" {
		return publish.NoGate{}
	}
	return publish.ScriptGate{
		Script: config.Gate, Environ: s.process.environ(), Secrets: config.Secrets(),
		Temp: s.process.Getenv("RUNNER_TEMP"), Folders: gateFolders{s.workflow}, Log: programLog{s, "Gate"}, Keychain: newKeychain(&config.Common),
	}
}

// exporters returns the stores of this machine that can contain a source. The run
// connects to a store only if the source is in this store.
func (s *session) exporters() map[source.Kind]source.Exporter {
	return map[source.Kind]source.Exporter{
		source.DockerEngine:      docker.New(s.process.Getenv),
		source.ContainersStorage: storage.New(s.process.environ),
	}
}

// buildRequest returns the request to the builder. The pipeline adds the labels of
// the run to the request.
func buildRequest(b *input.Build) dockerfile.Request {
	q := dockerfile.Request{
		Context: b.Context, File: b.File, Target: b.Target, Args: b.Args, Platforms: b.Platforms,
		Builder: b.Builder, CacheFrom: b.CacheFrom, CacheTo: b.CacheTo,
	}
	for _, s := range b.Secrets {
		q.Secrets = append(q.Secrets, dockerfile.Secret{ID: s.ID, Value: s.Value})
	}
	return q
}

// programLog shows the output of another program. In a workflow, the output is a group of the
// log. At a terminal, the output goes to standard error. It implements
// [publish.ProgramLog].
type programLog struct {
	session *session
	title   string // the title of the group
}

// Begin implements [publish.ProgramLog].
func (b programLog) Begin() io.WriteCloser {
	out := b.session.process.Stderr
	if b.session.workflow.Active() {
		out = b.session.process.Stdout
	}
	return &groupedTranscript{workflow.NewTranscript(out), b.session.workflow.Group(b.title)}
}

// groupedTranscript is a transcript in a group of the log.
type groupedTranscript struct {
	*workflow.Transcript
	end func()
}

// Close writes the last line and ends the group.
func (g *groupedTranscript) Close() error {
	defer g.end()
	return g.Transcript.Close()
}
