// Command client does what a program does whose pods are bound to PostgreSQL: it
// connects with what it finds, in one of three ways, and asks a question.
//
//	files      host, port, database, username and password of the binding
//	uri        uri of the binding
//	variables  PGHOST and the others that every client of PostgreSQL knows
//
// The driver lives in this module of its own, so that nobody else requires it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	answer, err := ask(ctx, strings.Join(os.Args[1:], " "))
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
	fmt.Println(answer)
}

func ask(ctx context.Context, way string) (string, error) {
	address, err := find(way, os.Getenv("SERVICE_BINDING_ROOT"))
	if err != nil {
		return "", err
	}
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			return "", fmt.Errorf("connect: %s (%s)", refused.Message, refused.Code)
		}
		return "", fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = connection.Close(ctx) }()
	var role, database string
	var orders int
	if err := connection.QueryRow(ctx, "SELECT current_user, current_database(), count(*) FROM orders").Scan(&role, &database, &orders); err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	return fmt.Sprintf("%s finds %d orders in %s", role, orders, database), nil
}

// find returns the address to connect to; an empty one leads to what the
// variables say.
func find(way, root string) (string, error) {
	if way == "variables" {
		return "", nil
	}
	entries, err := bound(root, "postgresql")
	if err != nil {
		return "", err
	}
	switch way {
	case "uri":
		return entries["uri"], nil
	case "files":
		address := url.URL{
			Scheme: "postgres",
			User:   url.UserPassword(entries["username"], entries["password"]),
			Host:   net.JoinHostPort(entries["host"], entries["port"]),
			Path:   entries["database"],
		}
		return address.String(), nil
	}
	return "", fmt.Errorf("no way to connect is called %q: name files, uri or variables", way)
}

// bound returns the entries of the one binding of a type below a root.
func bound(root, kind string) (map[string]string, error) {
	if root == "" {
		return nil, errors.New("SERVICE_BINDING_ROOT is not set: bind the workload to a service")
	}
	bindings := os.DirFS(root)
	types, err := fs.Glob(bindings, "*/type")
	if err != nil {
		return nil, err
	}
	var found []map[string]string
	for _, file := range types {
		entries, err := read(bindings, path.Dir(file))
		if err != nil {
			return nil, err
		}
		if entries["type"] == kind {
			found = append(found, entries)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d bindings in %s have the type %s: bind the workload to one service of this type", len(found), root, kind)
	}
	return found[0], nil
}

// read returns the entries of a binding.
func read(bindings fs.FS, name string) (map[string]string, error) {
	files, err := fs.Glob(bindings, path.Join(name, "[^.]*"))
	if err != nil {
		return nil, err
	}
	entries := map[string]string{}
	for _, file := range files {
		content, err := fs.ReadFile(bindings, file)
		if err != nil {
			return nil, err
		}
		entries[path.Base(file)] = strings.TrimSpace(string(content))
	}
	return entries, nil
}
