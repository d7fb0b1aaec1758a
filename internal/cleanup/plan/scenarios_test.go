package plan_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

func scenarios(t *testing.T) []scenario {
	t.Helper()
	body, err := os.ReadFile("../testdata/cleanup.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []scenario `json:"cases"`
	}
	if err := json.Unmarshal(body, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func TestEachScenarioHasItsExpectedOutcome(t *testing.T) {
	t.Parallel()
	all := scenarios(t)
	if len(all) != 61 {
		t.Fatalf("testdata/cleanup.json has %d scenarios, want 61", len(all))
	}
	for _, s := range all {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			got, want := s.run(), s.Expected.sorted()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s\n got %+v\nwant %+v", s.Name, got, want)
			}
		})
	}
}
