package input_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/input"
)

func TestTheColonOfADriveDoesNotSeparateThePathInTheImage(t *testing.T) {
	t.Parallel()
	_, err := input.ParsePublish(workflow("INPUT_SOURCE", "", "INPUT_CONTENT", "C:/site"))
	if !diag.Is(err, "content-invalid") {
		t.Errorf("got %v, want content-invalid", err)
	}
	c := parse(t, workflow("INPUT_SOURCE", "", "INPUT_CONTENT", "C:/site:/srv/"))
	if got := c.Files.Content[0]; got.Path != "C:/site" || got.To != "/srv" {
		t.Errorf("got %+v, want the path C:/site and the path /srv in the image", got)
	}
}
