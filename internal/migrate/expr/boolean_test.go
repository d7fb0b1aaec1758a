package expr

import "testing"

func TestIsBoolean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"true":                                true,
		" ${{ github.event_name == 'push' }}": true,
		"${{ !inputs.dry }}":                  true,
		"${{ startsWith(github.ref, 'x') && github.actor != 'y' }}": true,
		"${{ true }}":        true,
		"${{ inputs.push }}": false,
		"${{ github.ref == 'x' && inputs.push }}": false,
		"${{ 'true' }}":              false,
		"${{ fromJSON('true') }}":    false,
		"${{ a == b }}${{ c == d }}": false,
		"yes":                        false,
		"":                           false,
		"${{ == }}":                  false,
	} {
		if got := IsBoolean(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
