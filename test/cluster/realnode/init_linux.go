package realnode

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// containerdTimeout is far more than containerd takes to start.
const containerdTimeout = time.Minute

// Isolate makes a process the first of namespaces of its own.
func Isolate(attributes *syscall.SysProcAttr) {
	attributes.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC
}

// Init is the first process of a node: it furnishes the node's namespaces, starts
// its programs and ends when one of them does, or when it is told to. The kernel
// then ends everything else there.
func Init(path string) error {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	s, err := readSpec(path)
	if err != nil {
		return err
	}
	if err := s.furnish(); err != nil {
		return fmt.Errorf("furnish %s: %w", s.Name, err)
	}
	if err := write(s.files(s.snapshotter())); err != nil {
		return err
	}

	node := node{spec: s, names: map[int]string{}, ended: make(chan ended)}
	if err := node.start(s.containerd()); err != nil {
		return err
	}
	go node.reap()
	ready := make(chan error, 1)
	go func() { ready <- awaitSocket() }()
	for {
		select {
		case err := <-ready:
			if err != nil {
				return fmt.Errorf("%w\n%s", err, tail(s.LogOf("containerd")))
			}
			for _, p := range []program{s.kubelet(), s.kubeProxy()} {
				if err := node.start(p); err != nil {
					return err
				}
			}
		case ended := <-node.ended:
			if name, ok := node.names[ended.pid]; ok {
				return fmt.Errorf("%s ended by itself (%s); the end of its log:\n%s", name, ended.how, tail(s.LogOf(name)))
			}
		case <-end:
			return nil
		}
	}
}

// node is the processes of a node.
type node struct {
	spec  Spec
	names map[int]string
	ended chan ended
}

type ended struct {
	pid int
	how string
}

// start starts a program. It is not an os/exec command: the first process of a
// namespace waits for every process there.
func (n *node) start(p program) error {
	log, err := os.OpenFile(n.spec.LogOf(p.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	nothing, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer nothing.Close()
	pid, err := syscall.ForkExec(p.path, append([]string{p.path}, p.args...), &syscall.ProcAttr{
		Dir:   n.spec.Dir,
		Env:   []string{"PATH=" + n.spec.Programs + ":" + path(), "HOME=/var/lib"},
		Files: []uintptr{nothing.Fd(), log.Fd(), log.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("start %s: %w", p.path, err)
	}
	n.names[pid] = p.name
	return nil
}

// reap waits for children, and for orphans, such as the shims of containers.
// containerd is always there to be waited for.
func (n *node) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		how := "exit code " + strconv.Itoa(status.ExitStatus())
		if status.Signaled() {
			how = status.Signal().String()
		}
		n.ended <- ended{pid, how}
	}
}

// furnish makes the namespaces look like a machine of the node's own.
func (s Spec) furnish() error {
	if err := syscall.Sethostname([]byte(s.Name)); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	// First nothing that is mounted here may reach the machine; then what the
	// kubelet mounts shall reach containers.
	for _, propagation := range []uintptr{syscall.MS_PRIVATE, syscall.MS_SHARED} {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|propagation, ""); err != nil {
			return fmt.Errorf("set the propagation of mounts: %w", err)
		}
	}
	// A mounted name would keep another node's network alive.
	var gone error
	for gone == nil {
		gone = syscall.Unmount(namespaces, syscall.MNT_DETACH)
	}
	lib, log := s.file("var-lib"), s.file("var-log")
	for _, folder := range []string{lib, log} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC},
		{lib, "/var/lib", "", syscall.MS_BIND},
		{log, "/var/log", "", syscall.MS_BIND},
		{"tmpfs", "/run", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600); err != nil {
		return fmt.Errorf("let the node route: %w", err)
	}
	return s.pretend()
}

// settings are what the kubelet demands of the kernel.
var settings = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// pretend lets the kernel's settings look as the kubelet wants them: it would
// change those of the whole machine, and they would stay.
func (s Spec) pretend() error {
	for name, value := range settings {
		setting := filepath.Join("/proc/sys", name)
		if !exists(setting) {
			continue
		}
		file := s.file("settings/" + strings.ReplaceAll(name, "/", "."))
		if err := write(map[string]string{file: value + "\n"}); err != nil {
			return err
		}
		if err := syscall.Mount(file, setting, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("cover %s: %w", setting, err)
		}
	}
	return nil
}

// snapshotter is overlayfs where the kernel can mount it on the node's folder,
// and else the one that copies.
func (s Spec) snapshotter() string {
	probe := s.file("overlay-probe")
	defer os.RemoveAll(probe)
	var options []string
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		folder := filepath.Join(probe, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "native"
		}
		options = append(options, name+"dir="+folder)
	}
	merged := filepath.Join(probe, "merged")
	if err := syscall.Mount("overlay", merged, "overlay", 0, strings.Join(options[:3], ",")); err != nil {
		return "native"
	}
	_ = syscall.Unmount(merged, syscall.MNT_DETACH)
	return "overlayfs"
}

func awaitSocket() error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.NewTimer(containerdTimeout)
	defer deadline.Stop()
	for {
		connection, err := net.Dial("unix", Socket)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ticker.C:
		case <-deadline.C:
			return fmt.Errorf("containerd does not answer after %s: %w; the end of its log:", containerdTimeout, err)
		}
	}
}

// tail is the end of a log.
func tail(path string) string {
	const lines = 15
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Child returns the id of the program of that name among the children of a
// node's first process.
func Child(first int, name string) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "stat"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return 0, err
		}
		// pid (name) state parent
		before, after, _ := strings.Cut(string(stat), ") ")
		_, command, _ := strings.Cut(before, " (")
		fields := strings.Fields(after)
		if command == name && len(fields) > 1 && fields[1] == strconv.Itoa(first) {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("process %d has no child %s", first, name)
}
