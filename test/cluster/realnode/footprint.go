package realnode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// footprintFile is in the cluster's folder.
const footprintFile = "footprint.json"

// namespaces is where `ip netns` keeps names.
const namespaces = "/run/netns"

// Footprint is what a cluster with real nodes leaves on its machine.
type Footprint struct {
	Network
	// Nodes is how many there are at most.
	Nodes int `json:"nodes"`
	// FirstNamespace says that nobody has named a network namespace before, so
	// that the folder of the names goes with the last of them.
	FirstNamespace bool `json:"firstNamespace"`

	dir string
}

// Reserve takes a network that nothing on this machine uses. The bridge, of
// which there can be one by that name, keeps it from others.
func Reserve(dir string, nodes int) (*Footprint, error) {
	used, err := usedAddresses()
	if err != nil {
		return nil, err
	}
	f := &Footprint{Nodes: nodes, FirstNamespace: !isMountPoint(namespaces), dir: dir}
	for f.Number = firstNetwork; f.Number <= lastNetwork; f.Number++ {
		if slices.ContainsFunc(used, f.All().Overlaps) || exists("/sys/class/net/"+f.Name()) {
			continue
		}
		if err := f.save(); err != nil {
			return nil, err
		}
		if err := ip("link", "add", f.Name(), "type", "bridge"); err != nil {
			if exists("/sys/class/net/" + f.Name()) { // another cluster was faster
				continue
			}
			return nil, err
		}
		return f, ip("link", "set", f.Name(), "alias", f.owner())
	}
	return nil, fmt.Errorf("no network from 10.%d.0.0/16 to 10.%d.0.0/16 is free for real nodes: end clusters that are no longer needed", firstNetwork, lastNetwork)
}

// owner is what is written on the bridge, so that a footprint that is out of date
// leads to nothing of another cluster.
func (f *Footprint) owner() string { return "cluster in " + f.dir }

func (f *Footprint) owned() bool {
	alias, err := os.ReadFile("/sys/class/net/" + f.Name() + "/ifalias")
	return err == nil && strings.TrimSpace(string(alias)) == f.owner()
}

func (f *Footprint) save() error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return write(map[string]string{filepath.Join(f.dir, footprintFile): string(raw)})
}

// Connect makes the network namespaces of the nodes and lays their cables, and
// makes their cgroups.
func (f *Footprint) Connect() error {
	bridge := f.Name()
	host := f.Host().String()
	steps := [][]string{
		{"address", "add", host + "/24", "dev", bridge},
		{"link", "set", bridge, "up"},
	}
	places := f.Places(f.Nodes)
	for _, p := range places {
		ns := p.Namespace
		steps = append(steps,
			[]string{"netns", "add", ns},
			[]string{"link", "add", ns, "type", "veth", "peer", "name", "eth0", "netns", ns},
			[]string{"link", "set", ns, "master", bridge, "up"},
			[]string{"-n", ns, "link", "set", "lo", "up"},
			[]string{"-n", ns, "address", "add", p.Address.String() + "/24", "dev", "eth0"},
			[]string{"-n", ns, "link", "set", "eth0", "up"},
			[]string{"-n", ns, "route", "add", "default", "via", host},
			[]string{"route", "add", p.Pods.String(), "via", p.Address.String(), "dev", bridge},
		)
		for _, other := range places {
			if other != p {
				steps = append(steps, []string{"-n", ns, "route", "add", other.Pods.String(), "via", other.Address.String()})
			}
		}
	}
	for _, step := range steps {
		if err := ip(step...); err != nil {
			return err
		}
	}
	for _, p := range places {
		if err := makeCgroup(f.Cgroup(p)); err != nil {
			return err
		}
	}
	return nil
}

// Cgroup is the path of a node's cgroup.
func (f *Footprint) Cgroup(p Place) string { return "/" + f.Name() + "/" + p.Name }

// Here says whether the cluster in dir has, or had, real nodes.
func Here(dir string) bool { return exists(filepath.Join(dir, footprintFile)) }

// Clean removes what a cluster in dir has left on its machine, if it had real
// nodes. Its processes have ended.
func Clean(dir string) error {
	path := filepath.Join(dir, footprintFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f := &Footprint{dir: dir}
	if err := json.Unmarshal(raw, f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := f.clean(); err != nil {
		return fmt.Errorf("remove what real nodes left: %w", err)
	}
	return os.Remove(path)
}

// clean removes the bridge last: while it is there, and ours, the rest is.
func (f *Footprint) clean() error {
	if !f.owned() {
		return nil
	}
	var failed error
	for _, p := range f.Places(f.Nodes) {
		if exists(filepath.Join(namespaces, p.Namespace)) {
			failed = errors.Join(failed, ip("netns", "delete", p.Namespace))
		}
		// Its cable goes with the namespace, at the kernel's leisure.
		if exists("/sys/class/net/" + p.Namespace) {
			if err := ip("link", "delete", p.Namespace); err != nil && exists("/sys/class/net/"+p.Namespace) {
				failed = errors.Join(failed, err)
			}
		}
	}
	if f.FirstNamespace {
		failed = errors.Join(failed, removeNamespacesFolder())
	}
	failed = errors.Join(failed, removeCgroup("/"+f.Name()))
	if failed != nil {
		return failed
	}
	return ip("link", "delete", f.Name())
}

// removeNamespacesFolder undoes what the first `ip netns add` did, unless others
// have names there by now.
func removeNamespacesFolder() error {
	entries, _ := os.ReadDir(namespaces)
	if len(entries) > 0 || !isMountPoint(namespaces) {
		return nil
	}
	if err := command("umount", namespaces); err != nil {
		return err
	}
	return os.Remove(namespaces)
}

// usedAddresses are the networks this machine has addresses in or routes to.
func usedAddresses() ([]netip.Prefix, error) {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var used []netip.Prefix
	for _, address := range interfaces {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			used = append(used, prefix.Masked())
		}
	}
	routes, err := exec.Command(find("ip"), "-o", "-4", "route", "show").Output()
	if err != nil {
		return nil, fmt.Errorf("ip route show: %w", err)
	}
	for line := range strings.Lines(string(routes)) {
		destination, _, _ := strings.Cut(line, " ")
		if prefix, err := netip.ParsePrefix(destination); err == nil {
			used = append(used, prefix)
		}
	}
	return used, nil
}

func ip(args ...string) error { return command("ip", args...) }

func command(name string, args ...string) error {
	output, err := exec.Command(find(name), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// mountPoints are all of this process.
func mountPoints() (mounts []mount, err error) {
	raw, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(raw)) {
		place, kind, _ := strings.Cut(line, " - ")
		fields := strings.Fields(place)
		if len(fields) > 4 {
			mounts = append(mounts, mount{point: fields[4], kind: strings.Fields(kind)[0]})
		}
	}
	return mounts, nil
}

type mount struct{ point, kind string }

func isMountPoint(path string) bool {
	mounts, err := mountPoints()
	return err == nil && slices.ContainsFunc(mounts, func(m mount) bool { return m.point == path })
}
