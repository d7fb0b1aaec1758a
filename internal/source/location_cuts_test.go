package source

import "testing"

func TestDriveColonDoesNotSplitAPath(t *testing.T) {
	t.Parallel()
	for _, c := range cuts(`C:\out\layout:v1`, true) {
		if c.path == "C" {
			t.Errorf("the drive letter is a separate path: %+v", c)
		}
	}
	if got := cuts(`C:\out\layout:v1`, true)[1]; got.path != `C:\out\layout` || got.pick != "v1" {
		t.Errorf("got %+v", got)
	}
}
