//go:build integration

package cmd_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ci/needs"
)

// judges runs gh and cosign, which verify attestations with sigstore-go. The program verifies
// attestations without sigstore-go. A judge reaches only this machine.
type judges struct {
	t      *testing.T
	folder string // of the programs
	home   string
}

func newJudges(t *testing.T) *judges {
	t.Helper()
	const folder = "GHCR_PUBLISH_JUDGES"
	built(t, folder, "cosign")
	return &judges{t, filepath.Dir(built(t, folder, "gh")), t.TempDir()}
}

// login stores the credentials of a registry for gh and cosign.
func (j *judges) login(host, token string) {
	j.t.Helper()
	auth := base64.StdEncoding.EncodeToString([]byte("octocat:" + token))
	file := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, auth)
	if err := os.WriteFile(filepath.Join(j.home, "config.json"), []byte(file), 0o600); err != nil {
		j.t.Fatal(err)
	}
}

// built returns the path of a program that .ci/run builds. The variable contains the folder
// of the program.
func built(t *testing.T, variable, name string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		needs.Missing(t, variable+" does not name the folder of the program "+name)
	}
	path, err := exec.LookPath(filepath.Join(dir, name))
	if err != nil {
		needs.Missing(t, err)
	}
	return path
}

// command runs a command of a shell, and returns its output. The variables are NAME=VALUE.
func (j *judges) command(command string, variables ...string) (string, error) {
	j.t.Helper()
	cmd := exec.CommandContext(j.t.Context(), "sh", "-c", command)
	cmd.Dir = j.home
	cmd.Env = append([]string{
		"PATH=" + j.folder + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + j.home, "DOCKER_CONFIG=" + j.home,
		"HTTPS_PROXY=http://127.0.0.1:1", "GH_NO_UPDATE_NOTIFIER=1", // A request to another machine fails.
	}, variables...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// accept runs a command that must succeed.
func (j *judges) accept(command string, variables ...string) string {
	j.t.Helper()
	out, err := j.command(command, variables...)
	if err != nil {
		j.t.Errorf("%s: %v\n%s", command, err, out)
	}
	return out
}

// anyToken is a variable that gh needs before it reads an attestation from a registry. gh
// sends the token nowhere.
const anyToken = "GH_TOKEN=any"
