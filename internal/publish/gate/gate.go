// Package gate runs a script of the user that decides whether an image may get its tags.
// The script runs in a shell, in the same way as a step with the key "run" in a workflow.
//
// Package gate knows nothing about registries. The caller passes the facts about the image
// as environment variables.
package gate

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/safe/locked"
	"github.com/ghcr-publish/ghcr-publish/internal/source/program"
)

// maxLines is the number of lines of output that a [Failure] contains.
const maxLines = 40

// Script is a script with its environment.
type Script struct {
	Text string
	// Environ is the environment of the job. The script gets this environment without
	// tokens, and without the variables whose values contain one of the Secrets.
	Environ []string
	Secrets []string
	// Facts are the variables about the image, as NAME=value.
	Facts []string
	// DockerConfig is the content of a Docker config file that only this script can use.
	// If DockerConfig is nil, the script uses the Docker config file of the job.
	DockerConfig []byte
	// Temp is the folder for the temporary files. If Temp is empty, the script uses the
	// default folder of the operating system.
	Temp string
	// Folders records the folder with the temporary files before the first file exists.
	Folders Folders
	// Out receives the output of the script while the script runs.
	Out io.Writer
}

// Folders records the folder of a script. If the program is killed during the script, the
// caller removes the recorded folder later, with [Remove].
type Folders interface {
	Record(folder string) error
}

// prefix is the start of the name of each folder of a script.
const prefix = "ghcr-publish-gate-"

// Remove removes the folder of a script that a killed program has left. A folder that does
// not exist is no error. Remove returns an error for a folder that is not the folder of a
// script.
func Remove(folder string) error {
	if !filepath.IsAbs(folder) || !strings.HasPrefix(filepath.Base(folder), prefix) {
		return fmt.Errorf("removing %q: this is not the folder of a gate", folder)
	}
	// The removal is repeated, because a virus scanner can have a file open.
	return locked.Retry(func() error { return os.RemoveAll(folder) })
}

// Failure is the error of a script that did not succeed.
type Failure struct {
	Output []string // Output contains the last lines of the output.
	Err    error
}

// Error returns the exit status of the script.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause of the failure.
func (f *Failure) Unwrap() error { return f.Err }

// Run runs the script and waits for its end. If the script fails, or if the context ends
// before the script ends, the error is a *Failure. Run removes the temporary files of the
// script in all cases.
func (s *Script) Run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp(s.Temp, prefix)
	if err != nil {
		return fmt.Errorf("creating a folder for the gate: %w", err)
	}
	defer func() { err = errors.Join(err, Remove(folder)) }()
	if err := s.Folders.Record(folder); err != nil {
		return err
	}
	env, err := s.prepare(folder)
	if err != nil {
		return fmt.Errorf("preparing the gate: %w", err)
	}
	cmd, err := command(ctx, env, folder, s.Text)
	if err != nil {
		return err
	}
	var end program.Tail
	// The two streams are one writer, so that the lines keep their order.
	out := io.MultiWriter(s.Out, &end)
	cmd.Stdout, cmd.Stderr = out, out
	err = program.RunGroup(cmd)
	switch {
	case ctx.Err() != nil:
		return &Failure{end.Lines(maxLines), context.Cause(ctx)}
	case err != nil:
		return &Failure{end.Lines(maxLines), err}
	}
	return nil
}

// prepare writes the Docker config file and returns the environment of the script.
func (s *Script) prepare(folder string) ([]string, error) {
	env := append(s.environ(), s.Facts...)
	if s.DockerConfig != nil {
		docker := filepath.Join(folder, "docker")
		if err := os.Mkdir(docker, 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(docker, "config.json"), s.DockerConfig, 0o600); err != nil {
			return nil, err
		}
		env = append(env, "DOCKER_CONFIG="+docker)
	}
	return withProgram(env, folder), nil
}

// environ returns the environment of the job without tokens and without secrets of the
// run.
func (s *Script) environ() []string {
	var hidden []string
	for _, secret := range s.Secrets {
		hidden = append(hidden, forms(secret)...)
	}
	return slices.DeleteFunc(program.Environ(s.Environ), func(pair string) bool {
		key, value, _ := strings.Cut(pair, "=")
		key = strings.ToUpper(key)
		return strings.HasPrefix(key, "ACTIONS_") && strings.HasSuffix(key, "_TOKEN") ||
			slices.ContainsFunc(hidden, func(form string) bool { return strings.Contains(value, form) })
	})
}

// minEncoded is the minimum length of a secret whose base64 forms the environment must not
// contain. The forms of a shorter secret would match unrelated text.
const minEncoded = 8

// forms returns the secret, and the text that the base64 encoding of every longer text with
// the secret contains: of a login with any user name, or of a header of Git. The secret can
// begin at three positions within a group of three bytes (RFC 4648, section 4).
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	out := []string{secret}
	if len(secret) < minEncoded {
		return out
	}
	for before, first := range []int{0, 2, 3} { // first is the first character without a bit of the text before the secret
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", before) + secret))
		out = append(out, text[first:(before+len(secret))*4/3])
	}
	return out
}

// withProgram adds a folder to PATH that contains this program under the name
// ghcr-publish, so that the script can inspect the image. If the folder cannot be
// created, the script runs without this folder.
func withProgram(env []string, folder string) []string {
	self, err := os.Executable()
	bin := filepath.Join(folder, "bin")
	if err != nil || os.Mkdir(bin, 0o700) != nil || writeLauncher(bin, self) != nil {
		return env
	}
	path := bin
	for i, pair := range env {
		if key, value, _ := strings.Cut(pair, "="); key == "PATH" || windows && strings.EqualFold(key, "PATH") {
			path += string(filepath.ListSeparator) + value
			env = slices.Delete(env, i, i+1)
			break
		}
	}
	return append(env, "PATH="+path)
}
