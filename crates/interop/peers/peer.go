// Go: what crates/interop/src/script.rs says a peer does.
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
)

// The names of groups are IANA's.
var groups = map[string]tls.CurveID{
	"x25519":             tls.X25519,
	"secp256r1":          tls.CurveP256,
	"secp384r1":          tls.CurveP384,
	"secp521r1":          tls.CurveP521,
	"X25519MLKEM768":     tls.X25519MLKEM768,
	"SecP256r1MLKEM768":  tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

type facts struct {
	Version  string  `json:"version"`
	Cipher   string  `json:"cipher"`
	Group    *string `json:"group"`
	Protocol string  `json:"protocol"`
	Peer     *string `json:"peer"`
	Bytes    int64   `json:"bytes"`
	Hash     string  `json:"hash"`
	Resumed  bool    `json:"resumed"`
	Exported string  `json:"exported"`
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// Both endings of a flag's absence.
func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// Tells what is known when bytes have been heard.
func tell(conn *tls.Conn, bytes int64, hash []byte) {
	state := conn.ConnectionState()
	told := facts{
		Version:  "TLSv1.3",
		Cipher:   tls.CipherSuiteName(state.CipherSuite),
		Protocol: state.NegotiatedProtocol,
		Bytes:    bytes,
		Hash:     hex.EncodeToString(hash),
		Resumed:  state.DidResume,
		Exported: hex.EncodeToString(must(state.ExportKeyingMaterial("EXPORTER-interop", nil, 40))),
	}
	if state.Version != tls.VersionTLS13 {
		told.Version = "TLSv1.2"
	}
	for name, id := range groups {
		if id == state.CurveID {
			told.Group = &name
		}
	}
	if len(state.PeerCertificates) > 0 {
		told.Peer = &state.PeerCertificates[0].Subject.CommonName
	}
	fmt.Println(string(must(json.Marshal(told))))
}

func client(config *tls.Config, port, file string) {
	config.ServerName = "localhost"
	conn := must(tls.Dial("tcp", net.JoinHostPort("127.0.0.1", port), config))
	data := must(os.ReadFile(file))
	go func() { must(conn.Write(data)) }()
	hash := sha256.New()
	bytes := must(io.CopyN(hash, conn, int64(len(data))))
	// Not before it has heard everything: asked for new keys after its close_notify, it cannot answer, and then does not
	// change the keys it reads with either.
	must(0, conn.CloseWrite())
	bytes += must(io.Copy(hash, conn))
	tell(conn, bytes, hash.Sum(nil))
}

func server(config *tls.Config, connections int) {
	listener := must(tls.Listen("tcp", "127.0.0.1:0", config))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for range connections {
		serve(listener)
	}
}

func serve(listener net.Listener) {
	conn := must(listener.Accept()).(*tls.Conn)
	hash := sha256.New()
	bytes := must(io.Copy(io.MultiWriter(conn, hash), conn))
	must(0, conn.CloseWrite())
	tell(conn, bytes, hash.Sum(nil))
}

func main() {
	role := os.Args[1]
	flags := flag.NewFlagSet(role, flag.ExitOnError)
	port := flags.String("port", "", "where the server is")
	ca := flags.String("ca", "", "whom to trust")
	cert := flags.String("cert", "", "the certificate")
	key := flags.String("key", "", "its key")
	file := flags.String("file", "", "what to send")
	names := flags.String("groups", "", "the groups, by preference")
	alpn := flags.String("alpn", "", "the protocols, by preference")
	version := flags.String("version", "TLSv1.3", "the version")
	connections := flags.Int("connections", 1, "how many, one after the other")
	flags.Parse(os.Args[2:])

	config := &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: split(*alpn)}
	config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	if *version == "TLSv1.2" {
		config.MinVersion, config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	}
	for _, name := range split(*names) {
		config.CurvePreferences = append(config.CurvePreferences, groups[name])
	}
	if *cert != "" {
		config.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(*cert, *key))}
	}
	if *ca != "" {
		trusted := x509.NewCertPool()
		trusted.AppendCertsFromPEM(must(os.ReadFile(*ca)))
		config.RootCAs, config.ClientCAs = trusted, trusted
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if role == "client" {
		for range *connections {
			client(config, *port, *file)
		}
	} else {
		server(config, *connections)
	}
}
