//go:build integration

package ci

import (
	"net"
	"strings"
	"testing"
)

// The workflow publishes with the action ./ of this repository. Later steps and a later
// job get the outputs of the action. The runner runs the post step of each use of the
// action, also after a failure. In this test, the server that the workflow starts is the
// registry and also the GitHub server. Therefore the action can report the visibility
// and the link.
func TestE2EUnderAct(t *testing.T) {
	t.Parallel()
	tool(t, "act")
	tool(t, "node")
	address := freeAddress(t)
	log, err := newActProject(t).act("push", "e2e.yml", "--var", "E2E_SERVE="+address, "-s", "GITHUB_TOKEN=ghs_e2e",
		"--env", "GITHUB_SERVER_URL=http://"+address, "--env", "GITHUB_API_URL=http://"+address+"/api/v3")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	for _, want := range []string{
		"[e2e/publish] 🏁  Job succeeded",
		"[e2e/deploy ] 🏁  Job succeeded",
		"deploying sha256:",
		"::set-output:: visibility=public",
		"::set-output:: linked=yes",
		"::set-output:: anonymous-pull=verified",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not contain %q", want)
		}
	}
	for _, name := range []string{"Publish", "Publish the same image again", "Publish a missing file"} {
		if want := "✅  Success - Post " + name; !strings.Contains(log, want) {
			t.Errorf("the log does not contain %q", want)
		}
	}
	if t.Failed() {
		t.Log(log)
	}
}

// freeAddress returns an unused loopback address.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
