package plan_test

import (
	"reflect"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/ghcrtest"
)

func TestEachScenarioHasItsExpectedOutcome(t *testing.T) {
	t.Parallel()
	for file, count := range map[string]int{"cleanup.json": 61, "more.json": 20} {
		all, err := ghcrtest.ReadSeeds("../testdata/" + file)
		if err != nil || len(all) != count {
			t.Fatalf("testdata/%s has %d scenarios, want %d; %v", file, len(all), count, err)
		}
		for _, s := range all {
			t.Run(s.ID, func(t *testing.T) {
				t.Parallel()
				got, want := open(s).run(), sorted(s.Expected)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s\n got %+v\nwant %+v", s.Title, got, want)
				}
			})
		}
	}
}
