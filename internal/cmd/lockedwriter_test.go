package cmd

import (
	"bytes"
	"fmt"
	"testing"
)

// A message during a display goes through the display, which keeps its own lines below
// the message. All other messages go to the output.
func TestMessagesGoThroughTheDisplay(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := &lockedWriter{out: &out}
	line := newTransient(&out, "Reading back…")
	detach := w.attach(line)
	fmt.Fprintln(w, "trying again")
	line.erase()
	fmt.Fprintln(w, "after the line")
	detach()
	fmt.Fprintln(w, "after the display")
	want := "Reading back…\n" + eraseLine + "trying again\nReading back…\n" + eraseLine + "after the line\nafter the display\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
