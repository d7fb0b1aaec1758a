//go:build integration

package ci

import (
	"slices"
	"testing"
)

// cleaning publishes an image with two tags, and then calls the reusable workflow that
// removes one of the tags. The caller grants exactly the permissions that the workflow
// requests.
const cleaning = `on: push
permissions: {}
jobs:
  image:
    uses: ghcr-publish/ghcr-publish/.github/workflows/publish.yml@v1
    permissions: {contents: read, packages: write}
    with:
      platforms: linux/amd64, linux/arm64, linux/arm/v7
      runners: '{"linux/amd64":"ubuntu-24.04","linux/arm64":"ubuntu-24.04","linux/arm/v7":"ubuntu-24.04"}'
      build: cp -R "$CONTEXT/images/${PLATFORM//\//-}" "$OUTPUT"
      tags: |
        main
        pr-1
      cleanup: "delete: none-*"
  cleanup:
    needs: image
    uses: ghcr-publish/ghcr-publish/.github/workflows/cleanup.yml@v1
    permissions: {contents: read, packages: write, pull-requests: read}
    with:
      delete: pr-*
  after:
    needs: cleanup
    runs-on: ubuntu-24.04
    steps:
      - run: test "$OUTCOME" = cleaned
        shell: bash
        env:
          OUTCOME: ${{ needs.cleanup.outputs.outcome }}
`

func TestCleanupWorkflowUnderAct(t *testing.T) {
	t.Parallel()
	c := newCaller(t, cleaning)
	c.stubs(workflows(t)["cleanup.yml"])
	log, err := c.act("push", "image.yml")
	if err != nil {
		t.Fatalf("act: %v\n%s", err, log)
	}
	if tags := c.server.Tags("e2e/image"); !slices.Equal(tags, []string{"main"}) {
		t.Errorf("the tags are %q, want only main\n%s", tags, log)
	}
}

// stubs replaces the actions of other projects in a workflow by actions that do nothing.
func (c *caller) stubs(w file) {
	stub := c.t.TempDir()
	write(c.t, stub+"/action.yml", []byte("name: stub\ndescription: does nothing\nruns: {using: composite, steps: [{run: 'true', shell: sh}]}\n"))
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			if step.Uses != "" && step.Uses[0] != '$' {
				c.args = append(c.args, "--local-repository", step.Uses+"="+stub)
			}
		}
	}
}
