package docker

import "testing"

func TestSettingsAreInTheProfileOfTheUser(t *testing.T) {
	t.Parallel()
	got := settingsDir(environment("HOME", `H:\home`, "USERPROFILE", `C:\Users\me`))
	if want := `C:\Users\me\.docker`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
