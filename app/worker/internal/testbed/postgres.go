package testbed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"votingapp/worker/internal/config"
)

// Password is the one that the test's Postgres asks for.
const Password = "for-tests-only"

// Postgres is a server with its default durability: a commit is on disk.
type Postgres struct {
	Port    int
	dir     string
	bin     string
	account *syscall.SysProcAttr
	process *Process
}

// StartPostgres gives the test a Postgres of its own.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	p := &Postgres{Port: FreePort(t), bin: postgresBinaries(t)}
	p.dir = p.makeFolder(t)
	p.initialise(t)
	p.Start(t)
	return p
}

func postgresBinaries(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		t.Fatal("PostgreSQL's server is not installed: apt-get install postgresql")
	}
	return filepath.Dir(slices.Max(found))
}

// makeFolder also finds the account to run as: Postgres refuses to run as root.
func (p *Postgres) makeFolder(t testing.TB) string {
	t.Helper()
	// Not t.TempDir, which other accounts cannot enter.
	dir, err := os.MkdirTemp("", "votingapp-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a folder left behind fails no test
	p.account = &syscall.SysProcAttr{}
	if os.Geteuid() != 0 {
		return dir
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("the account to run Postgres as: %v", err)
	}
	uid, _ := strconv.Atoi(account.Uid) // numbers on every Unix
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	p.account.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return dir
}

func (p *Postgres) initialise(t testing.TB) {
	t.Helper()
	passwordFile := filepath.Join(p.dir, "password")
	if err := os.WriteFile(passwordFile, []byte(Password), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(p.bin, "initdb"), "--pgdata", filepath.Join(p.dir, "data"), "--username", "postgres",
		"--pwfile", passwordFile, "--auth", "scram-sha-256", "--locale", "C", "--encoding", "UTF8")
	cmd.SysProcAttr = p.account
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
}

// Start runs the server on what an earlier one left on disk.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	cmd := exec.Command(filepath.Join(p.bin, "postgres"), "-D", filepath.Join(p.dir, "data"), "-p", strconv.Itoa(p.Port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "log_min_messages=panic", "-c", "max_connections=200")
	cmd.Dir = p.dir
	account := *p.account
	cmd.SysProcAttr = &account
	p.process = Start(t, cmd)
	// Its own clean-up is SIGKILL, which would leave Postgres' child processes and shared memory to chance.
	t.Cleanup(func() { p.Stop(t) })
	Eventually(t, startTimeout, "Postgres answers", func() bool {
		conn, err := pgx.Connect(context.Background(), p.url("postgres"))
		return err == nil && conn.Close(context.Background()) == nil
	})
}

// Stop ends the server at once, as a crash would.
func (p *Postgres) Stop(t testing.TB) {
	t.Helper()
	p.process.Stop(t, syscall.SIGQUIT)
}

// CreateDatabase makes a database of its own for a test, of the given encoding.
func (p *Postgres) CreateDatabase(t testing.TB, name, encoding string) *Database {
	t.Helper()
	admin := p.connect(t, "postgres")
	defer admin.Close(context.Background())
	statement := fmt.Sprintf("CREATE DATABASE %s ENCODING '%s' TEMPLATE template0", pgx.Identifier{name}.Sanitize(), encoding)
	if _, err := admin.Exec(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
	return &Database{server: p, name: name}
}

func (p *Postgres) url(database string) string {
	return fmt.Sprintf("postgres://postgres:%s@%s/%s?client_encoding=UTF8", Password, address(p.Port), database)
}

func (p *Postgres) connect(t testing.TB, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), p.url(database))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// Database is one database of a Postgres.
type Database struct {
	server *Postgres
	name   string
}

// Config is what the worker needs to reach it.
func (d *Database) Config() config.Postgres {
	return config.Postgres{Host: "127.0.0.1", Port: d.server.Port, User: "postgres", Password: Password, Database: d.name}
}

// Exec runs a statement.
func (d *Database) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	conn := d.server.connect(t, d.name)
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Votes are the choices by voter. A missing table holds none.
func (d *Database) Votes(t testing.TB) map[string]string {
	t.Helper()
	conn := d.server.connect(t, d.name)
	defer conn.Close(context.Background())
	votes := map[string]string{}
	var exists bool
	if err := conn.QueryRow(context.Background(), "SELECT to_regclass('votes') IS NOT NULL").Scan(&exists); err != nil {
		t.Fatal(err)
	}
	if !exists {
		return votes
	}
	rows, err := conn.Query(context.Background(), "SELECT id, vote FROM votes")
	if err != nil {
		t.Fatal(err)
	}
	var id, choice string
	if _, err := pgx.ForEachRow(rows, []any{&id, &choice}, func() error { votes[id] = choice; return nil }); err != nil {
		t.Fatal(err)
	}
	return votes
}

// Lock keeps others from changing votes until the returned function is called.
func (d *Database) Lock(t testing.TB) (unlock func()) {
	t.Helper()
	conn := d.server.connect(t, d.name)
	for _, statement := range []string{"BEGIN", "LOCK TABLE votes IN EXCLUSIVE MODE"} {
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return sync.OnceFunc(func() { _ = conn.Close(context.Background()) }) // its end is what unlocks
}

// Disconnect ends the connections of one application.
func (d *Database) Disconnect(t testing.TB, application string) {
	t.Helper()
	d.Exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", application)
}
