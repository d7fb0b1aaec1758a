package cmd

import (
	"github.com/ghcr-publish/ghcr-publish/internal/docker"
	"github.com/ghcr-publish/ghcr-publish/internal/source"
	"github.com/ghcr-publish/ghcr-publish/internal/source/storage"
)

// exporters are the stores of this machine that a source may be in. They are
// looked for only where a source is in one.
func (s *session) exporters() map[source.Kind]source.Exporter {
	return map[source.Kind]source.Exporter{
		source.DockerEngine:      docker.New(s.process.Getenv),
		source.ContainersStorage: storage.New(s.process.environ),
	}
}
