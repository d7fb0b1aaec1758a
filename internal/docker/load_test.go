package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
	"github.com/ghcr-publish/ghcr-publish/internal/source/sourcetest"
)

// introduced is a stand-in whose loads are answered by a test, and what we
// make of it.
func introduced(t *testing.T, loading http.HandlerFunc) *Daemon {
	t.Helper()
	e := sourcetest.NewEngine(t, web())
	e.Loading = loading
	d, err := New(environment("DOCKER_HOST", e.Host)).Introduce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// pour writes size bytes to a load, and ends it.
func pour(l *Load, size int) error {
	part := make([]byte, 64<<10)
	for size > 0 {
		n, err := l.Write(part[:min(size, len(part))])
		if err != nil {
			l.Abort(err)
			return err
		}
		size -= n
	}
	return l.Close()
}

const several = 8 << 20 // more than lies in sockets

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, text)
	}
}

func hangUp(w http.ResponseWriter, r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, several/4)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

func TestWhatBecomesOfALoad(t *testing.T) {
	t.Parallel()
	full := `{"errorDetail":{"message":"write /x: no space left on device"},"error":"write /x: no space left on device"}`
	cases := []struct {
		name   string
		answer http.HandlerFunc
		code   string // none: it was taken
		says   string
	}{
		{"taken", says(`{"stream":"Loaded image: web:1\n"}`), "", ""},
		{"taken without a word", says(""), "", ""},
		{"with warnings", says("{\"stream\":\"The image web:1 already exists\"}\n{\"stream\":\"Loaded image: web:1\"}\n"), "", ""},
		{"no room", says(full), CodeRefused, "docker system df"},
		{"its own words", says("{\"stream\":\"…\"}\n{\"error\":\"invalid diffID for layer 0\"}"), CodeRefused, "invalid diffID for layer 0"},
		{"another system", says(`{"error":"cannot load windows image on linux"}`), CodeRefused, "Leave platform away"},
		{"zstd", says(`{"error":"ApplyLayer exit status 1 stdout:  stderr: archive/tar: invalid tar header"}`), CodeRefused, "from version 23 on"},
		{"not unpacked", says(`{"stream":"Loaded image: web:1\n"}{"stream":"Error unpacking image web:1: not found\n"}`), CodeRefused, "not found"},
		{"a status", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			says(`{"message":"it is full up"}`)(w, r)
		}, CodeRefused, "it is full up"},
		{"no JSON", says("<html>"), CodeBrokeOff, "reading its answer"},
		{"an answer without end", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"stream":"`)
			_, _ = io.Copy(w, io.LimitReader(endless{}, 4<<20)) // whoever has read enough goes away
		}, CodeBrokeOff, "reading its answer"},
		{"before it has all", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			_, _ = io.WriteString(w, full)
		}, CodeRefused, "no space left"},
		{"a yes before it has all", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
			_, _ = io.WriteString(w, `{"stream":"Loaded image: web:1"}`)
		}, CodeRefused, early},
		{"gone in the middle", hangUp, CodeBrokeOff, "Look whether it still runs"},
		{"gone at the end", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			hangUp(w, r)
		}, CodeBrokeOff, "broke off"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := pour(introduced(t, c.answer).Load(t.Context(), several), several)
			if c.code == "" && err != nil || c.code != "" && !diag.Is(err, c.code) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want the code %q and %q", err, c.code, c.says)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte("x"), len(p))), nil }

// What ends on our side is never a whole archive to the engine, and nobody is
// left waiting.
func TestALoadThatWeEnd(t *testing.T) {
	t.Parallel()
	cause := errors.New("the blob is damaged")
	cases := []struct {
		name string
		end  func(context.CancelFunc, *Load) error
		want error
	}{
		{"by an abort", func(_ context.CancelFunc, l *Load) error { l.Abort(cause); return nil }, nil},
		{"by the context", func(cancel context.CancelFunc, l *Load) error {
			cancel()
			_, err := io.Copy(l, endless{})
			l.Abort(err)
			return err
		}, context.Canceled},
		{"by the context, while the engine thinks", func(cancel context.CancelFunc, l *Load) error {
			time.AfterFunc(50*time.Millisecond, cancel)
			return pour(l, several-1000)
		}, context.Canceled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan error, 1)
			d := introduced(t, func(_ http.ResponseWriter, r *http.Request) {
				n, err := io.Copy(io.Discard, r.Body)
				if err == nil && n < several {
					err = fmt.Errorf("it ended well after %d bytes", n)
				}
				heard <- err
				<-r.Context().Done()
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l := d.Load(ctx, several)
			if _, err := l.Write(make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			err := c.end(cancel, l)
			if !errors.Is(err, c.want) || diag.Is(err, CodeUnreachable) || diag.Is(err, CodeBrokeOff) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err := <-heard; c.name != "by the context, while the engine thinks" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the engine heard %v", err)
			}
		})
	}
}

func TestAnEngineIntroducesItself(t *testing.T) {
	t.Parallel()
	for _, containerd := range []bool{false, true} {
		e := sourcetest.NewEngine(t, web())
		e.Containerd, e.Arch = containerd, "arm64"
		d, err := New(environment("DOCKER_HOST", e.Host)).Introduce(t.Context())
		want := map[bool]Store{false: Classic, true: Containerd}[containerd]
		if err != nil || d.Store != want || d.Platform.String() != "linux/arm64" {
			t.Errorf("got %+v, %v", d, err)
		}
	}
	if _, err := New(environment("DOCKER_HOST", "unix:///no/such.sock")).Introduce(t.Context()); !diag.Is(err, CodeUnreachable) {
		t.Errorf("got %v", err)
	}
}

func TestImagesAreNamed(t *testing.T) {
	t.Parallel()
	e := sourcetest.NewEngine(t, web())
	d, err := New(environment("DOCKER_HOST", e.Host)).Introduce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"app:1", "docker.io/acme/web:3", "ghcr.io/acme/web:3"} {
		tag, err := name.NewTag(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Tag(t.Context(), webID, tag); err != nil {
			t.Fatal(err)
		}
		if found, err := d.Image(t.Context(), text); err != nil || found == nil || found.ID != webID {
			t.Errorf("%s: got %v, %v", text, found, err)
		}
		if alike, err := d.Alike(t.Context(), tag.Context()); err != nil || len(alike) != 1 || alike[0].ID != webID {
			t.Errorf("%s: got %v, %v", text, alike, err)
		}
	}
	if found, err := d.Image(t.Context(), "app:2"); err != nil || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
	tag, _ := name.NewTag("app:1")
	if err := d.Tag(t.Context(), "sha256:none", tag); !diag.Is(err, CodeRefused) {
		t.Errorf("got %v", err)
	}
}
