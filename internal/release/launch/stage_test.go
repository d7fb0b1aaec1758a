package launch_test

import (
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/release/launch"
)

func TestPostStageReachesTheProgram(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	main := tr.step(programEnv + "=exit 7")
	main.exit(t)
	post := tr.step(append(main.states(t), programEnv+"=report")...)
	if code := post.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &post.stdout)
	}
	if got, want := post.stdout.String(), "stage=post args=0 input=\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPostStageChecksTheProgramAgain(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	main := tr.step(programEnv + "=report")
	main.exit(t)
	tr.manifest(launch.Host(), []byte("another program"))
	post := tr.step(append(main.states(t), programEnv+"=report")...)
	if got, want := post.exit(t), 1; got != want {
		t.Errorf("exit code: got %d, want %d\n%s", got, want, &post.stdout)
	}
}

func TestPostStageDoesNothingIfTheMainStageFailed(t *testing.T) {
	t.Parallel()
	tr := newRelease(t)
	tr.manifest(launch.Host(), []byte("another program"))
	main := tr.step()
	main.exit(t)
	post := tr.step(main.states(t)...)
	if code := post.exit(t); code != 0 || post.stdout.Len() > 0 {
		t.Errorf("exit code %d, output %q: want no second error", code, &post.stdout)
	}
}
