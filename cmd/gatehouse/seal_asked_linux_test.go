package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal opens a pseudo terminal: what a person types goes into the first file, which
// also gives what the terminal shows, and the second is what a program reads.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no pseudo terminals here: ", err)
	}
	t.Cleanup(func() { person.Close() })
	var locked, number int32
	control(t, person, syscall.TIOCSPTLCK, unsafe.Pointer(&locked))
	control(t, person, syscall.TIOCGPTN, unsafe.Pointer(&number))
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no pseudo terminals here: ", err)
	}
	t.Cleanup(func() { program.Close() })
	return person, program
}

func control(t *testing.T, f *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument)); errno != 0 {
		t.Fatal(errno)
	}
}

// shows tells whether the terminal shows what is typed.
func shows(t *testing.T, f *os.File) bool {
	t.Helper()
	var state syscall.Termios
	control(t, f, syscall.TCGETS, unsafe.Pointer(&state))
	return state.Lflag&syscall.ECHO != 0
}

// TestAskedForTheValue types a value: the terminal does not show it while it is asked
// for, shows again what is typed afterwards, and nothing that is said holds it.
func TestAskedForTheValue(t *testing.T) {
	file := filepath.Join(sealFolder(t), "a.yaml")
	writeFile(t, file, plainSecret)
	if _, stderr, code := call(t, "", "seal", file); code != 0 {
		t.Fatal(stderr)
	}
	person, program := terminal(t)
	cmd := exec.Command("gatehouse", "seal", "set", file, "token")
	var said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); shows(t, program); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			t.Fatal("the terminal shows what is typed")
		}
	}
	if _, err := person.WriteString(sealCanary + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if !shows(t, program) {
		t.Error("the terminal is left so that it shows nothing")
	}
	screen := make([]byte, 4096)
	if _, err := program.WriteString("end"); err != nil { // so that there is something to read
		t.Fatal(err)
	}
	n, err := person.Read(screen)
	if err != nil {
		t.Fatal(err)
	}
	if shown := string(screen[:n]) + said.String(); strings.Contains(shown, sealCanary) || !strings.Contains(shown, "value of token (it is not shown): ") {
		t.Errorf("shown is\n%s", shown)
	}
	if text := readFileText(t, file); !strings.Contains(text, "    token: A") {
		t.Errorf("the key is not there:\n%s", text)
	}
}
