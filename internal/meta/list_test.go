package meta

import (
	"slices"
	"testing"
)

func TestListAcceptsBothKindsOfLineBreaks(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"1.0\n1.1\n1.2", "1.0\r\n1.1\r\n1.2", "1.0\r\n1.1\n1.2", "1.0\n1.1\r\n1.2", "\r\n1.0\n\r\n1.1\n1.2\r\n"} {
		got, err := list("tags", value)
		if want := []string{"1.0", "1.1", "1.2"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", value, got, err, want)
		}
	}
}
