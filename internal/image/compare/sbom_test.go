package compare_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ghcr-publish/ghcr-publish/internal/image/compare"
)

func TestParseSBOM(t *testing.T) {
	t.Parallel()
	const spdx = `{"spdxVersion":"SPDX-2.3","packages":[{"name":"openssl","versionInfo":"3.0.1","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:deb/debian/openssl@3.0.1"}]},{"name":"plain","versionInfo":"1"}]}`
	const cyclonedx = `{"bomFormat":"CycloneDX","components":[{"group":"acme","name":"web","version":"2","purl":"pkg:npm/acme/web@2","components":[{"name":"inner","version":"3"}]}]}`
	statement := `{"predicateType":"https://spdx.dev/Document","predicate":` + spdx + `}`
	envelope := fmt.Sprintf(`{"payloadType":"application/vnd.in-toto+json","payload":%q}`, base64.StdEncoding.EncodeToString([]byte(statement)))
	first := []compare.Package{{Name: "openssl (deb)", Version: "3.0.1"}, {Name: "plain", Version: "1"}}
	cases := []struct {
		name, raw string
		want      []compare.Package
	}{
		{"SPDX", spdx, first},
		{"CycloneDX", cyclonedx, []compare.Package{{Name: "acme/web (npm)", Version: "2"}, {Name: "inner", Version: "3"}}},
		{"a statement of in-toto", statement, first},
		{"an envelope", envelope, first},
		{"a bundle of Sigstore", `{"dsseEnvelope":` + envelope + `}`, first},
		{"another document", `{"predicate":{"builder":"x"}}`, nil},
		{"no JSON", `SPDXVersion: SPDX-2.3`, nil},
		{"too many statements inside each other", strings.Repeat(`{"predicate":`, 9) + spdx + strings.Repeat("}", 9), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := compare.ParseSBOM([]byte(c.raw))
			if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.want != nil) {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}
