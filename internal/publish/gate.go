package publish

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/image"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/gate"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// Gate decides whether an image in the registry may get its tags. The pipeline asks the
// gate after all manifests are in the registry and before any tag moves.
type Gate interface {
	// Exists reports whether the gate checks the image. If Exists returns false, the
	// pipeline never calls Check, and does not wait between the manifests and the tags.
	Exists() bool
	// Check returns an error if the image must not get its tags.
	Check(context.Context, Candidate) error
}

// NoGate accepts every image.
type NoGate struct{}

// Exists implements [Gate].
func (NoGate) Exists() bool { return false }

// Check implements [Gate].
func (NoGate) Check(context.Context, Candidate) error { return nil }

// Candidate is an image that is in the registry, but does not have its tags yet.
type Candidate struct {
	Reference name.Digest // the image in its first destination
	Tags      []string    // the full references of the tags that the run will write
	Digests   map[string]string
	// Previous maps the full reference of each tag to its previous digest. The digest is
	// nil if the tag does not exist, or if the run did not read the tag.
	Previous map[string]*string
	// Public is true if every client can pull the image without credentials.
	Public bool
}

// ScriptGate runs a script of the user. The image may get its tags if the script succeeds.
type ScriptGate struct {
	Script  string
	Environ []string
	// Secrets are the secrets of the run. The script gets no variable that contains one of
	// the secrets.
	Secrets []string
	// Temp is the folder for temporary files. If Temp is empty, the gate uses the default
	// folder of the operating system.
	Temp string
	// Folders records the folder for temporary files, so that a later step can remove the
	// folder of a run that was killed.
	Folders  gate.Folders
	Log      ProgramLog
	Keychain authn.Keychain // Keychain contains the login for a private image.
}

// Exists implements [Gate].
func (ScriptGate) Exists() bool { return true }

// Check implements [Gate]. Check runs the script.
func (g ScriptGate) Check(ctx context.Context, c Candidate) (err error) {
	facts, err := c.facts()
	if err != nil {
		return err
	}
	script := &gate.Script{Text: g.Script, Environ: g.Environ, Secrets: g.Secrets, Facts: facts, Temp: g.Temp, Folders: g.Folders}
	if !c.Public {
		if script.DockerConfig, err = g.dockerConfig(c.Reference.Context()); err != nil {
			return err
		}
	}
	log := g.Log.Begin()
	defer func() { err = errors.Join(err, log.Close()) }()
	script.Out = log
	return script.Run(ctx)
}

// dockerConfig returns a Docker config file with the login for the registry of a
// repository. dockerConfig returns nil if the run has no login for the registry.
func (g ScriptGate) dockerConfig(repo name.Repository) ([]byte, error) {
	authenticator, err := g.Keychain.Resolve(repo)
	if err != nil || authenticator == authn.Anonymous {
		return nil, err
	}
	auth, err := authenticator.Authorization()
	if err != nil {
		return nil, err
	}
	if auth.Username == "" || auth.Password == "" {
		return nil, nil // The login is not a password, so a Docker config file of the machine contains it already.
	}
	entry := map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(auth.Username + ":" + auth.Password))}
	return json.Marshal(map[string]any{"auths": map[string]any{repo.RegistryStr(): entry}})
}

// facts returns the variables that describe the image.
func (c Candidate) facts() ([]string, error) {
	out := []string{
		"REFERENCE=" + c.Reference.String(), "DIGEST=" + c.Reference.DigestStr(), "IMAGE=" + c.Reference.Context().Name(),
	}
	for _, fact := range []struct {
		name  string
		value any
	}{{"TAGS", c.Tags}, {"DIGESTS", c.Digests}, {"PREVIOUS", c.Previous}} {
		text, err := json.Marshal(fact.value)
		if err != nil {
			return nil, err
		}
		out = append(out, fact.name+"="+string(text))
	}
	return out, nil
}

// GateResult is the result of a gate that did not accept the image.
type GateResult struct {
	Reference name.Digest
	Output    []string // Output contains the last lines of the output of the script.
}

// GateUnfinished is the error of a run that ended before its gate.
type GateUnfinished struct{ Reference name.Digest }

// Error names the image that is in the registry.
func (e *GateUnfinished) Error() string {
	return fmt.Sprintf("the gate had not accepted %s, so no tag was moved", e.Reference)
}

// candidate returns the facts about the uploaded image.
func (r *run) candidate() Candidate {
	root, targets := r.outcome.Found.Root, r.outcome.Found.Targets
	c := Candidate{
		Reference: targets[0].Repo.Digest(root.Descriptor.Digest.String()), Public: r.pullsAnonymously(),
		Tags: []string{}, Digests: image.ByPlatform(image.PlatformDigests(root)), Previous: map[string]*string{},
	}
	for _, s := range r.outcome.Plan.Of(plan.PointTag) {
		tag := targets[s.Target].Repo.Tag(s.Tag).String()
		c.Previous[tag] = nil
		if s.From != nil {
			digest := s.From.String()
			c.Previous[tag] = &digest
		}
		if s.Needed {
			c.Tags = append(c.Tags, tag)
		}
	}
	return c
}

// pullsAnonymously reports whether the first destination is known to be public. The
// visibility of a new package is not known before GitHub's API reports it.
func (r *run) pullsAnonymously() bool {
	t := &r.outcome.Found.Targets[0]
	return t.Public || t.Package.Visibility == string(input.Public)
}

// gate asks the gate of the request.
func (r *run) gate(ctx context.Context) error {
	if !r.request.Gate.Exists() {
		return nil
	}
	c := r.candidate()
	if err := r.request.Gate.Check(ctx, c); err != nil {
		return r.gateError(ctx, c, err)
	}
	return nil
}

// gateError records the output of a gate that failed, and explains the failure.
func (r *run) gateError(ctx context.Context, c Candidate, err error) error {
	r.outcome.Gate = &GateResult{Reference: c.Reference}
	var failure *gate.Failure
	switch {
	case errors.As(err, &failure):
		for _, line := range failure.Output {
			r.outcome.Gate.Output = append(r.outcome.Gate.Output, workflow.Line(line))
		}
	case errors.Is(err, gate.ErrNoShell):
		return &diag.Error{
			Code: CodeGateNoShell, Side: diag.Runner, Input: "gate", Err: err, Title: "The gate could not run, so no tag was moved",
			Hint: "Install bash, or PowerShell on Windows. A step in a container uses the programs of the container.",
		}
	}
	if ctx.Err() != nil {
		return &GateUnfinished{c.Reference}
	}
	return &diag.Error{
		Code: CodeGateFailed, Side: diag.Source, Input: "gate", Err: fmt.Errorf("running the script: %w", err),
		Title: fmt.Sprintf("The gate did not accept %s, so no tag was moved", c.Reference.Context()),
		Hint:  statusHint(err) + fmt.Sprintf(`Read the output of the gate in the log group "Gate". The image is in the registry without a new tag. To inspect the image, run: ghcr-publish inspect %s. Then correct the image or the gate, and run the step again.`, c.Reference),
	}
}

// statusHint explains the exit statuses with which a shell reports that it could not run
// a command of the gate (POSIX.1-2024, 2.8.2, Exit Status for Commands). For any other
// error, statusHint returns "".
func statusHint(err error) string {
	var exit interface{ ExitCode() int }
	if !errors.As(err, &exit) {
		return ""
	}
	switch exit.ExitCode() {
	case 127:
		return "The shell did not find a command of the gate. Install the program in an earlier step. To run a script of the repository, write its path, such as ./gate.sh. "
	case 126:
		return "The shell could not execute a command of the gate. To run a script that is not executable, write bash before its path. "
	}
	return ""
}
