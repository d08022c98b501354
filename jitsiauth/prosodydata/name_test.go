package prosodydata

import (
	"fmt"
	"strings"
	"testing"
)

func TestDecodeName(t *testing.T) {
	for encoded, want := range map[string]string{
		"alice": "alice", "ALICE": "ALICE", "0": "0",
		"meet%2ejitsi": "meet.jitsi", "a%5fb%2dc": "a_b-c",
		"%e5%b1%b1": "山", "%00": "\x00", "%ff": "\xff", "%25": "%", "%2525": "%25",
	} {
		if got, err := decodeName(encoded); got != want || err != nil {
			t.Errorf("decodeName(%q) = %q, %v; want %q", encoded, got, err, want)
		}
		if got := encodeName(want); got != encoded {
			t.Errorf("encodeName(%q) = %q, want %q", want, got, encoded)
		}
	}
}

// What Prosody never writes is refused: two files would be one account.
func TestDecodeNameStrict(t *testing.T) {
	for _, encoded := range []string{
		"", "meet.jitsi", "a_b", "a-b", "a b", "é", "%", "a%", "a%2", "%2E", "%2G", "%g0", "%%", "%61", "%41", "%30",
		"a/b", "..", "a%2e%", "\x00", "a\n", strings.Repeat("%2", 10),
	} {
		if got, err := decodeName(encoded); err == nil {
			t.Errorf("decodeName(%q) = %q, want an error", encoded, got)
		}
	}
}

// FuzzFileName: decoding and encoding are each other's inverse.
func FuzzFileName(f *testing.F) {
	for _, name := range []string{"", "alice", "meet%2ejitsi", "%2E", "%61", "山田", "%e5%b1%b1", "%", "a%2", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if decoded, err := decodeName(name); err == nil && encodeName(decoded) != name {
			t.Errorf("%q is %q, which is written %q", name, decoded, encodeName(decoded))
		}
		if decoded, err := decodeName(encodeName(name)); name != "" && (decoded != name || err != nil) {
			t.Errorf("%q comes back as %q, %v", name, decoded, err)
		}
	})
}

// encodeName names the file or folder of an account or host.
func encodeName(name string) string {
	encoded := make([]byte, 0, len(name))
	for i := range len(name) {
		if c := name[i]; isAlphanumeric(c) {
			encoded = append(encoded, c)
		} else {
			encoded = fmt.Appendf(encoded, "%%%02x", c)
		}
	}
	return string(encoded)
}
