// Package testbed starts the real redis and Postgres that the tests run against, on loopback and in folders of their own.
package testbed

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 20 * time.Second
	pollInterval = 10 * time.Millisecond
)

// Eventually waits until the condition holds.
func Eventually(t testing.TB, timeout time.Duration, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for !condition() {
		select {
		case <-deadline.C:
			t.Fatalf("after %s still not so: %s", timeout, what)
		case <-poll.C:
		}
	}
}

// FreePort finds a port that nobody listens on.
func FreePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Process is a program that ends with the test at the latest.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// Start runs the command; the kernel ends it should the test's own process be killed.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		// The exit code is read from ProcessState.
		_ = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.Stop(t, syscall.SIGKILL) })
	return p
}

// Signal sends a signal to the running process.
func (p *Process) Signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatalf("sending %s to %s: %v", signal, p.cmd.Path, err)
	}
}

// Stop sends the signal, waits for the end and returns the exit code, which is -1 if a signal made the end.
func (p *Process) Stop(t testing.TB, signal syscall.Signal) int {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("sending %s to %s: %v", signal, p.cmd.Path, err)
	}
	select {
	case <-p.done:
	case <-time.After(startTimeout):
		t.Fatalf("%s did not end within %s of %s", p.cmd.Path, startTimeout, signal)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Running tells whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}
