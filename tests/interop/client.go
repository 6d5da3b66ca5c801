// Go's crypto/tls as a client: PORT NAME CA CERT KEY MODE (tests/interop/README.md).
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func settings(args []string) *tls.Config {
	pem, err := os.ReadFile(args[2])
	must(err)
	made := &tls.Config{ServerName: args[1], RootCAs: x509.NewCertPool(), ClientSessionCache: tls.NewLRUClientSessionCache(4)}
	made.RootCAs.AppendCertsFromPEM(pem)
	if args[3] != "-" {
		pair, err := tls.LoadX509KeyPair(args[3], args[4])
		must(err)
		made.Certificates = []tls.Certificate{pair}
	}
	return made
}

func connect(args []string, with *tls.Config) *tls.Conn {
	made, err := tls.Dial("tcp", "127.0.0.1:"+args[0], with)
	must(err)
	return made
}

func oneLine(stream *tls.Conn) {
	line := make([]byte, 5)
	_, err := stream.Write([]byte("first"))
	must(err)
	_, err = io.ReadFull(stream, line)
	must(err)
	must(stream.Close())
}

func main() {
	args := os.Args[1:]
	with := settings(args)
	if args[5] == "twice" {
		oneLine(connect(args, with))
	}
	stream := connect(args, with)
	go func() {
		_, err := io.Copy(stream, os.Stdin)
		must(err)
		must(stream.CloseWrite())
	}()
	_, err := io.Copy(os.Stdout, stream)
	must(err)
	must(stream.Close())
}
