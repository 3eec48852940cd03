package harness

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// AuditFolder names the variable with a folder: every cluster keeps a log of all
// requests then, and leaves it there when it ends. test/rbac reads them.
const AuditFolder = "BOWLINE_AUDIT_DIR"

// saveAudit copies the log of requests to where it is collected.
func (c *Cluster) saveAudit() (err error) {
	folder := os.Getenv(AuditFolder)
	if folder == "" || c.AuditLog == "" {
		return nil
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("save the log of requests: %w", err)
		}
	}()
	in, err := os.Open(c.AuditLog)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	program := filepath.Base(os.Args[0])
	out, err := os.CreateTemp(folder, program+"-*.log")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
