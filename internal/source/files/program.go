package files

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ghcr-publish/ghcr-publish/internal/diag"
)

// elf is how programs of Linux begin (System V ABI, "ELF Header").
var elf = []byte("\x7fELF")

// program reports what Linux can execute: ELF files and scripts. The mode
// follows from the content, since neither Windows nor the artifacts that jobs
// hand on keep the bit.
func program(head []byte) bool {
	return bytes.HasPrefix(head, elf) || bytes.HasPrefix(head, []byte("#!"))
}

// machines are the architectures by e_machine; for PowerPC and MIPS the byte
// order tells two apart, and only the little-endian one is named.
var machines = map[uint16]string{
	3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64", 22: "s390x", 21: "ppc64le", 258: "loong64",
}

// machine is the architecture of an ELF file; "" for all else.
func machine(head []byte) string {
	if len(head) < headSize || !bytes.HasPrefix(head, elf) {
		return ""
	}
	if head[5] == 2 { // EI_DATA: big-endian
		m := machines[binary.BigEndian.Uint16(head[18:])]
		if m != "s390x" {
			return ""
		}
		return m
	}
	return machines[binary.LittleEndian.Uint16(head[18:])]
}

// foreignPrograms warns where no program among the files is for the platform.
func (m *maker) foreignPrograms(l *layer, p v1.Platform) {
	if len(l.machines) == 0 || l.machines[p.Architecture] {
		return
	}
	m.notices = append(m.notices, diag.Notice{
		Code: "content-architecture", Level: diag.Warning, Title: "Programs for another architecture",
		Text: fmt.Sprintf("The image for %s holds programs, and all of them are for %s. Put {arch} into the path, or set platform.",
			p, strings.Join(slices.Sorted(maps.Keys(l.machines)), ", ")),
	})
}
