package realnode

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// cniFolder is where Debian keeps network plugins.
const cniFolder = "/usr/lib/cni"

// requirements are Debian's packages and a program of each.
var requirements = []struct{ program, pkg string }{
	{"runc", "runc"},
	{cniFolder + "/ptp", "containernetworking-plugins"},
	{"iptables", "iptables"},
	{"conntrack", "conntrack"},
	{"ethtool", "ethtool"},
	{"socat", "socat"},
	{"ip", "iproute2"},
	{"nsenter", "util-linux"},
}

// Check says what is missing for real nodes here, and what helps.
func Check() error {
	return check(runtime.GOOS, os.Geteuid(), func(program string) bool {
		if filepath.IsAbs(program) {
			_, err := os.Stat(program)
			return err == nil
		}
		return find(program) != ""
	})
}

func check(system string, user int, has func(program string) bool) error {
	if system != "linux" {
		return fmt.Errorf("real nodes need Linux, and this is %s: use simulated nodes, for example --nodes=3", system)
	}
	if user != 0 {
		return errors.New("real nodes need root: run it as root, or use simulated nodes, for example --nodes=3")
	}
	var missing []string
	for _, r := range requirements {
		if !has(r.program) {
			missing = append(missing, r.pkg)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("real nodes need programs that are not here: apt-get install --yes --no-install-recommends %s", strings.Join(missing, " "))
	}
	return nil
}

// path is PATH with the folders in which Debian keeps an administrator's
// programs.
func path() string { return os.Getenv("PATH") + ":/usr/sbin:/sbin" }

// find returns where a program is, or nothing.
func find(program string) string {
	for _, folder := range filepath.SplitList(path()) {
		if found, err := exec.LookPath(filepath.Join(folder, program)); err == nil {
			return found
		}
	}
	return ""
}
