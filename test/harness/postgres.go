package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Postgres is a PostgreSQL server on loopback with a data folder of its own. It
// asks for passwords, and speaks no TLS.
type Postgres struct {
	Host, Port string
	Log        string // the file that it logs to, until Stop

	programs string // the folder with its programs
	account  *syscall.Credential
	dir      string
	command  *exec.Cmd
	stdin    io.Closer
}

// serve runs a server until its standard input closes, on purpose or because
// nobody is left who could, and then leaves nothing behind. It prints the
// server's folder when connections are accepted, and an empty line when the
// server has ended. Statements may hold passwords, so none is logged.
const serve = `
set -eu
trap '' PIPE
programs=$1 port=$2 server=
dir=$(mktemp -d "${TMPDIR:-/tmp}/bowline-postgres.XXXXXX")
finish() {
  status=$?
  if [ -n "$server" ]; then # it may be too young for the one, and in no hurry at the other
    kill -TERM "$server" && kill -INT "$server" || true
    wait
  fi
  if [ $status -ne 0 ]; then cat "$dir/log" || true; fi
  rm -rf "$dir"
  exit $status
} >&2
trap finish EXIT
"$programs/initdb" --pgdata="$dir/data" --auth-local=peer --auth-host=scram-sha-256 --locale=C --encoding=UTF8 --no-sync >"$dir/log" 2>&1
mkfifo "$dir/said"
"$programs/postgres" -D "$dir/data" -h 127.0.0.1 -p "$port" -k "$dir" -F -c log_min_error_statement=panic >"$dir/said" 2>&1 &
server=$!
{
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$dir/log"
    case $line in *"database system is ready to accept connections") echo "$dir" ;; esac
  done
  cat "$dir/log" >&2
  echo
} <"$dir/said" &
cat >/dev/null
`

// StartPostgres starts a server of Debian's package, and returns when it
// accepts connections. It ends with Stop, or when this process ends. What goes
// wrong is told in the log.
func StartPostgres(ctx context.Context, log io.Writer) (*Postgres, error) {
	p, err := findPostgres(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.start(ctx, log); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, log io.Writer) (err error) {
	p.command = exec.Command("/bin/sh", "-c", serve, "serve", p.programs, p.Port) //nolint:noctx // it outlives ctx and ends with Stop
	p.prepare(p.command)
	p.command.Stderr = log
	p.command.WaitDelay = stopTimeout
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return err
	}
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.command.Start(); err != nil {
		return err
	}
	if err := p.await(ctx, stdout); err != nil {
		return errors.Join(err, p.Stop())
	}
	return nil
}

// await reads the line by which the server says that it is ready.
func (p *Postgres) await(ctx context.Context, stdout io.Reader) error {
	read := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadString('\n')
		p.dir = strings.TrimSpace(line)
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	p.Log = filepath.Join(p.dir, "log")
	if p.dir == "" {
		return errors.New("it ended before it was ready")
	}
	return nil
}

// findPostgres finds the programs, the account that runs them, and a port.
func findPostgres(ctx context.Context) (*Postgres, error) {
	const install = "run apt-get install --no-install-recommends postgresql"
	servers, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return nil, err
	}
	if len(servers) == 0 {
		return nil, errors.New("PostgreSQL is missing, no /usr/lib/postgresql/*/bin/initdb: " + install)
	}
	p := &Postgres{programs: filepath.Dir(slices.Max(servers))}
	if os.Geteuid() == 0 { // which a server refuses to run as
		account, err := user.Lookup("postgres")
		if err != nil {
			return nil, fmt.Errorf("find who may run PostgreSQL: %w: %s", err, install)
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("read the account postgres: %w", err)
		}
		p.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	address, err := FreeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p.Host, p.Port, err = net.SplitHostPort(address)
	return p, err
}

// prepare lets a program run as the server does, whatever the environment says
// of other servers.
func (p *Postgres) prepare(command *exec.Cmd) {
	ownGroup(command)
	command.SysProcAttr.Credential = p.account
	command.Dir = "/" // the account may not see where we are
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PG") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, "LC_ALL=C")
}

// Run runs statements as the server's administrator. They may hold passwords,
// so they are no arguments, and are not in the error.
func (p *Postgres) Run(ctx context.Context, statements string) error {
	command := exec.CommandContext(ctx, filepath.Join(p.programs, "psql"),
		"--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate", "--host="+p.dir, "--port="+p.Port, "--dbname=postgres")
	p.prepare(command)
	command.Stdin = strings.NewReader(statements)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("run statements in PostgreSQL: %w: %s", err, out)
	}
	return nil
}

// Stop ends the server and waits until nothing of it is left.
func (p *Postgres) Stop() error {
	if err := p.stdin.Close(); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	return nil
}
