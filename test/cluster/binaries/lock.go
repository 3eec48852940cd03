package binaries

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
)

const lockPoll = 200 * time.Millisecond

// acquire takes the lock file at path, waiting while another process has it.
// The lock is the kernel's: it ends with the process that holds it.
func acquire(ctx context.Context, path string, progress *Progress) (release func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the build lock: %w", err)
	}
	release = func() { _ = file.Close() }
	if tryLock(file) == nil {
		return release, nil
	}

	done := progress.Begin("waiting for another process that builds the same programs")
	err = pollLock(ctx, file)
	done(err)
	if err != nil {
		release()
		return nil, fmt.Errorf("wait for the build lock %s: %w", path, err)
	}
	return release, nil
}

func pollLock(ctx context.Context, file *os.File) error {
	ticker := time.NewTicker(lockPoll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		if tryLock(file) == nil {
			return nil
		}
	}
}

func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
