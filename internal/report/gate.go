package report

import (
	"slices"
	"strings"

	"github.com/ghcr-publish/ghcr-publish/internal/publish"
	"github.com/ghcr-publish/ghcr-publish/internal/publish/plan"
	"github.com/ghcr-publish/ghcr-publish/internal/safe/markdown"
)

// Gate describes a gate that did not accept the image.
type Gate struct {
	Reference string   `json:"reference"` // Reference is the image with its digest, as the gate got it.
	Output    []string `json:"output"`    // Output contains the last lines of the output of the gate.
}

// setGate sets the result of a gate that did not accept the image.
func (r *Report) setGate(g *publish.GateResult) {
	if g != nil {
		r.Gate = &Gate{Reference: g.Reference.String(), Output: append([]string{}, g.Output...)}
	}
}

// mdGate writes the last lines of the output of the gate.
func (r *Report) mdGate(b *markdown.Builder) {
	if r.Gate == nil || len(r.Gate.Output) == 0 {
		return
	}
	b.Printf("**Last lines of the gate**\n\n%s\n\n", markdown.Block("text", cut(strings.Join(r.Gate.Output, "\n"), maxGate)+"\n"))
}

// gateSteps reports whether the plan of a dry run contains a gate.
func (r *Report) gateSteps() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Kind == string(plan.RunGate) })
}

// gatePlanned is the sentence about the gate in the report of a dry run.
const gatePlanned = "The gate would run after the push by digest and before any tag moves. A dry run does not run the gate."
