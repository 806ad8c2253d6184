// Command build puts the servers of package cluster into their cache, so that no test has to wait for it:
//
//	go run ./testdata/cluster/build
//
// It prints where they are.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	built, err := cluster.Build(ctx, func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(built.Etcd)
	fmt.Println(built.SealedSecrets)
	fmt.Println(built.Vault)
	fmt.Println(built.SOPS)
	fmt.Println(built.KubeAPIServer)
}
