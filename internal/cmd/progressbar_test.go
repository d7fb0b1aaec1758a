package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

func TestReadBackIsOneLineThatDisappears(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	getenv := func(string) string { return "" }
	p := Process{Getenv: getenv, Stdout: &out, Stderr: &out, Terminal: true, Columns: func() int { return 30 }}
	o := observer{&session{process: p, workflow: workflow.New(getenv, &out)}}
	end := o.ReadingBack("ghcr.io/acme/web-with-a-long-name:1.2.3")
	line := strings.TrimSuffix(out.String(), "\n")
	if !strings.HasPrefix(line, "Reading back ghcr.io/acme") || len([]rune(line)) >= 30 {
		t.Errorf("got %q", line)
	}
	out.Reset()
	if end(); out.String() != "\x1b[1A\x1b[J" {
		t.Errorf("the line stays on the screen: %q", out.String())
	}
	out.Reset()
	o.session.process.Terminal = false
	if o.ReadingBack("ghcr.io/acme/web:1")(); out.Len() > 0 {
		t.Errorf("the log contains %q", out.String())
	}
}
