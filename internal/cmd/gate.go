package cmd

import (
	"context"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/gate"
	"github.com/ghcr-publish/ghcr-publish/internal/workflow"
)

// stateGate is the name of the state in which the main step saves the folder of its gate.
// The gates of several images run one after the other, so one name is sufficient.
const stateGate = "gate"

// gateFolders saves the folder of a gate for the post step. It implements [gate.Folders].
type gateFolders struct{ *workflow.Workflow }

// Record implements [gate.Folders].
func (g gateFolders) Record(folder string) error { return g.State(stateGate, folder) }

// postGate removes the folder with the login of a gate, if the runner killed the main step
// during the gate (docs/runner.md, Cancellation).
func postGate(_ context.Context, p Process, _ *workflow.Workflow) error {
	folder := p.Getenv("STATE_" + stateGate)
	if folder == "" {
		return nil // The main step ran no gate.
	}
	if err := gate.Remove(folder); err != nil {
		return &diag.Error{
			Code: codeGateLeft, Side: diag.Runner, Title: "The post step cannot remove the folder of the gate", Err: err,
			Hint: "Remove the folder on the runner, because the folder can contain the login of the gate.",
		}
	}
	return nil
}
