package compose_test

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxImage is in bytes: the budget is 20 MB.
const maxImage = 20_000_000

// buildImage builds the Dockerfile, with more options of "docker build", and
// removes the image at the end.
func buildImage(t *testing.T, name string, options ...string) {
	t.Helper()
	args := append([]string{"build", "--quiet", "--tag", name, "--build-arg", "VERSION=v0.0.0-test"}, options...)
	command{env: builder()}.run(t, "docker", append(args, clone(t))...)
	t.Cleanup(func() {
		if out, err := (command{}).tryAfterwards("docker", "rmi", name); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// hasBuildKit says whether "docker build" is BuildKit, which comes as a plugin.
func hasBuildKit() bool {
	return exec.Command("docker", "buildx", "version").Run() == nil //nolint:noctx // prints a line
}

// builder makes "docker build" take the classic builder where there is no other.
func builder() []string {
	if hasBuildKit() {
		return nil
	}
	return []string{"DOCKER_BUILDKIT=0"}
}

// files lists what is in the image, without what the engine mounts into every
// container.
func files(t *testing.T, image string) map[string]*tar.Header {
	t.Helper()
	id := strings.TrimSpace(docker(t, "create", image))
	defer docker(t, "rm", "-v", id)
	all := map[string]*tar.Header{}
	archive := tar.NewReader(strings.NewReader(docker(t, "export", id)))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(header.Name, "/")] = header
	}
}

func TestImage(t *testing.T) {
	needEngine(t)
	const image = "jitsiauthtest-image"
	buildImage(t, image)
	var inspected []struct {
		Size   int64
		Config struct {
			User        string
			Env         []string
			Volumes     map[string]any
			Labels      map[string]string
			Healthcheck struct{ Test []string }
		}
	}
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", image)), &inspected); err != nil {
		t.Fatal(err)
	}
	got := inspected[0]
	t.Logf("the image has %.1f MB", float64(got.Size)/1e6)
	if got.Size > maxImage {
		t.Errorf("the image has %d bytes, more than %d", got.Size, maxImage)
	}
	if got.Config.User != "65532:65532" || got.Config.Labels["org.opencontainers.image.version"] != "v0.0.0-test" ||
		!slices.Equal(got.Config.Healthcheck.Test, []string{"CMD", "jitsiauth", "healthcheck"}) || len(got.Config.Volumes) != 1 {
		t.Errorf("the image's settings: %+v", got.Config)
	}
	if out := docker(t, "run", "--rm", image, "version"); !strings.HasPrefix(out, "jitsiauth v0.0.0-test ") {
		t.Errorf("version printed %s", out)
	}
}

// Nothing but the program, the licences and the two places that it writes to: no
// shell, no package manager.
func TestImageFiles(t *testing.T) {
	needEngine(t)
	const image = "jitsiauthtest-files"
	buildImage(t, image)
	licences := 0
	for name, header := range files(t, image) {
		top, _, _ := strings.Cut(name, "/")
		switch {
		case name == "usr/local/bin/jitsiauth":
			if header.Uid != 0 || header.Mode&0o022 != 0 {
				t.Errorf("who runs the program may change it: uid %d, mode %o", header.Uid, header.Mode)
			}
		case name == "data", name == "run/jitsiauth":
			if header.Uid != 65532 || header.Mode&0o777 != 0o700 {
				t.Errorf("%s: uid %d, mode %o", name, header.Uid, header.Mode)
			}
		case top == "licenses":
			if header.Typeflag == tar.TypeReg {
				licences++
			}
		case header.Typeflag == tar.TypeDir, top == "dev", top == "etc", name == ".dockerenv":
		default:
			t.Errorf("there is also %s", name)
		}
	}
	if want := len(linkedModules(t)) + 2; licences < want { // with Go's and ours
		t.Errorf("%d licences for %d pieces of software", licences, want)
	}
}

// linkedModules are the modules whose code is in the program.
func linkedModules(t *testing.T) []string {
	t.Helper()
	out := command{}.run(t, "go", "list", "-deps", "-tags", "nomsgpack", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "../../cmd/jitsiauth")
	modules := strings.Fields(out)
	slices.Sort(modules)
	return slices.Compact(modules)
}

// For Graviton: compiled for it, not by it. The classic builder can't call the
// image what it is; who builds with it there needs no option at all.
func TestImageForArm(t *testing.T) {
	needEngine(t)
	const image = "jitsiauthtest-arm64"
	if hasBuildKit() {
		buildImage(t, image, "--platform", "linux/arm64", "--load")
		if got := strings.TrimSpace(docker(t, "image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", image)); got != "linux/arm64" {
			t.Errorf("the image is for %s", got)
		}
	} else {
		buildImage(t, image, "--build-arg", "TARGETARCH=arm64")
	}
	id := strings.TrimSpace(docker(t, "create", image))
	defer docker(t, "rm", "-v", id)
	program := filepath.Join(t.TempDir(), "jitsiauth")
	docker(t, "cp", id+":/usr/local/bin/jitsiauth", program)
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Machine != elf.EM_AARCH64 {
		t.Errorf("the program is for %s", file.Machine)
	}
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the program needs libraries, of which the image has none")
	}
}

// The image by itself, as hardened as an engine can: it starts, is healthy, obeys
// exec without a token, keeps accounts in its volume, and ends in order.
func TestImageAlone(t *testing.T) {
	needEngine(t)
	const image, volume = "jitsiauthtest-alone", "jitsiauthtest-alone"
	buildImage(t, image)
	var last string
	clean := func() {
		_, _ = command{}.tryAfterwards("docker", "rm", "-f", last)
		_, _ = command{}.tryAfterwards("docker", "volume", "rm", volume)
	}
	clean() // what a run that was killed left
	t.Cleanup(clean)
	start := func() string {
		last = strings.TrimSpace(docker(t, "run", "-d", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
			"--network", "none", "--tmpfs", "/run/jitsiauth:uid=65532,gid=65532,mode=0700", "-v", volume+":/data", image))
		return last
	}
	stop := func(id string) {
		docker(t, "stop", "--time", "30", id)
		if code := strings.TrimSpace(docker(t, "inspect", "-f", "{{.State.ExitCode}}", id)); code != "0" {
			t.Errorf("it ended with %s:\n%s", code, logs(t, id))
		}
		docker(t, "rm", id)
	}
	id := start()
	eventually(t, "it is healthy", func() bool { return health(t, id) == "healthy" })
	command{stdin: password}.run(t, "docker", "exec", "-i", id, "jitsiauth", "user", "add", "alice", "--password-stdin", "--allow-weak")
	stop(id)
	id = start()
	eventually(t, "alice is there", func() bool {
		out, err := command{}.try(t, "docker", "exec", id, "jitsiauth", "user", "list")
		return err == nil && contains(out, "alice")
	})
	first := logs(t, id)
	stop(id)
	if contains(first, "panic") {
		t.Errorf("its log:\n%s", first)
	}
}

// No secret of a working directory gets into a layer, whatever lies around.
func TestImageLayers(t *testing.T) {
	needEngine(t)
	const image = "jitsiauthtest-layers"
	dir := clone(t)
	canary := "5ec2e7-canary-5ec2e7"
	for _, name := range []string{".env", ".secrets/jitsiauth.token", "jitsiauth.db", "prosody.token", "cmd/prosody.token", "jitsiauth/jitsiauth.db"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(canary), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	// All layers of the builder, too: they stay in the engine.
	out := command{env: builder()}.run(t, "docker", "build", "--tag", image, "--target", "build", "--build-arg", "VERSION=v0.0.0-test", dir)
	defer docker(t, "rmi", image)
	if contains(out, canary) {
		t.Error("the build prints a secret")
	}
	layers, err := exec.CommandContext(t.Context(), "docker", "run", "--rm", image, "grep", "-rl", canary, "/src", "/state", "/licenses").CombinedOutput()
	if len(bytes.TrimSpace(layers)) != 0 {
		t.Errorf("in the builder's layers (%v):\n%s", err, layers)
	}
	if known := docker(t, "run", "--rm", image, "grep", "-rl", "package main", "/src"); !contains(known, "cmd/jitsiauth/main.go") {
		t.Errorf("this search finds nothing at all: %s", known)
	}
}
