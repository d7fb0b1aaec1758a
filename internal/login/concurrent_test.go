package login_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/ghcr-publish/ghcr-publish/internal/login"
)

// TestConcurrentSteps checks that concurrent steps lose no login and leave no
// temporary file.
func TestConcurrentSteps(t *testing.T) {
	t.Parallel()
	const text = `{"auths": {"quay.io": {"auth": "YTpi"}}}`
	d := newFakeRunner(t)
	d.put(text)
	const steps = 16
	sessions := make([]*login.Session, steps)
	for i := range sessions {
		sessions[i] = d.session()
	}
	host := func(i int) string { return fmt.Sprintf("r%d.example", i) }
	var logins errgroup.Group
	for i, s := range sessions {
		logins.Go(func() error {
			return s.Login(t.Context(), []login.Login{to(host(i), "octocat", fmt.Sprintf("own%d", i)), to("ghcr.io", "octocat", fmt.Sprintf("ghs_%d", i))})
		})
	}
	d.check(logins.Wait())
	for i := range sessions {
		if got, want := d.reads(host(i)), fmt.Sprintf("octocat:own%d", i); got != want {
			t.Errorf("Docker reads %q for %s, want %q", got, host(i), want)
		}
	}
	var logouts errgroup.Group
	for _, s := range sessions {
		logouts.Go(func() error { return s.Logout(t.Context()) })
	}
	d.check(logouts.Wait())
	if got := d.text(); got != text {
		t.Errorf("the file is\n%s\nbefore it was\n%s", got, text)
	}
	d.checkNoOtherFiles()
}

func TestWaitingForTheLockEndsWithTheContext(t *testing.T) {
	t.Parallel()
	d := newFakeRunner(t)
	d.put("{}")
	lock, err := lockedfile.OpenFile(filepath.Join(filepath.Dir(d.file), ".config.json.ghcr-publish-lock"), os.O_RDWR|os.O_CREATE, 0o600)
	d.check(err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = d.session().Login(ctx, []login.Login{to("ghcr.io", "octocat", "ghs_1")})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	d.check(lock.Close())
	if got := d.text(); got != "{}" {
		t.Errorf("the file is %s", got)
	}
}
